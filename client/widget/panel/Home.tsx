import type { Ref } from 'react';
import type { Chat, InboxItem, WidgetConfig } from '../../sdk';
import { AvatarStack } from '../../ui/AvatarStack';
import { ConversationRow } from './ConversationRow';
import { MessageField } from './MessageField';
import { BusinessLogo, CloseButton } from './PanelHeader';
import { STRINGS } from './strings';
import { useLiveInbox, useLiveMe, useLiveStatus } from './use-live';

export interface HomeProps {
  readonly chat: Chat | null;
  readonly config: WidgetConfig;
  readonly text: string;
  readonly inputRef: Ref<HTMLTextAreaElement>;
  readonly onChange: (text: string) => void;
  readonly onAsk: (body: string) => void;
  readonly onOpen: (conversationId: string) => void;
  readonly onClose: () => void;
}

/** Home is a composer: no step stands before the question. */
export function Home({
  chat,
  config,
  text,
  inputRef,
  onChange,
  onAsk,
  onOpen,
  onClose,
}: HomeProps) {
  const status = useLiveStatus(chat, config.businessId, config.status);
  const { items } = useLiveInbox(chat);
  return (
    <main className={items.length > 0 ? 'w-home' : 'w-home w-home-new'}>
      <div className="w-welcome">
        <header className="w-top">
          <BusinessLogo name={config.name} />
          <b className="w-trunc w-grow">
            <bdi>{config.name}</bdi>
          </b>
          <CloseButton onClose={onClose} />
        </header>
        <h1>
          <bdi>{config.greeting || STRINGS.defaultGreeting}</bdi>
        </h1>
        <p className="w-here">
          {config.team.length > 0 && <AvatarStack people={config.team} status={status} />}
          <span>{STRINGS.statusAtHome[status]}</span>
        </p>
        <MessageField
          look="ask"
          text={text}
          label={STRINGS.yourQuestion}
          placeholder={STRINGS.writeQuestion}
          inputRef={inputRef}
          onChange={onChange}
          onSend={onAsk}
        />
      </div>
      {items.length > 0 && (
        <Conversations chat={chat} items={items} businessName={config.name} onOpen={onOpen} />
      )}
      <footer className="w-foot">
        {STRINGS.madeBy} <b>ServiHub</b>
      </footer>
    </main>
  );
}

interface ConversationsProps {
  readonly chat: Chat | null;
  readonly items: readonly InboxItem[];
  readonly businessName: string;
  readonly onOpen: (conversationId: string) => void;
}

function Conversations({ chat, items, businessName, onOpen }: ConversationsProps) {
  const me = useLiveMe(chat);
  return (
    <div className="w-list">
      <h2 id="w-conversations">{STRINGS.yourConversations}</h2>
      <ul aria-labelledby="w-conversations">
        {items.map((item) => (
          <li key={item.id}>
            <ConversationRow
              item={item}
              businessName={businessName}
              ownId={me?.id ?? item.customer?.id ?? null}
              onOpen={() => onOpen(item.id)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
