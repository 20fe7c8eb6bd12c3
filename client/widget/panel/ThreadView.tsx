import { type Ref, useCallback } from 'react';
import type { PendingMessage, Person, ThreadSnapshot, WidgetConfig } from '../../sdk';
import { AvatarStack } from '../../ui/AvatarStack';
import { ConnectionBanner } from '../../ui/ConnectionBanner';
import { toLines } from './lines';
import { MessageField } from './MessageField';
import { NoticeBanner } from './NoticeBanner';
import { BusinessLogo, ThreadHeader } from './PanelHeader';
import type { Panel, PanelSnapshot } from './panel';
import type { RunActions } from './RunView';
import { firstName } from './run-words';
import { STRINGS } from './strings';
import { ThreadLog } from './ThreadLog';
import { useConnectionNotice } from './use-connection-notice';
import {
  useLiveConnection,
  useLiveMe,
  useLiveStatus,
  useLiveThread,
  useLiveTyping,
} from './use-live';

interface ThreadViewProps {
  readonly panel: Panel;
  readonly state: PanelSnapshot;
  readonly config: WidgetConfig;
  readonly text: string;
  /** The panel is open; with attention its page is in front as well. */
  readonly isShown: boolean;
  readonly hasAttention: boolean;
  readonly inputRef: Ref<HTMLTextAreaElement>;
  readonly onChange: (text: string) => void;
  readonly onClose: () => void;
}

export function ThreadView(props: ThreadViewProps) {
  const { panel, state, config, text, isShown, hasAttention, inputRef, onChange, onClose } = props;
  const { chat, conversationId, drafts } = state;
  const { thread, snapshot } = useLiveThread(chat, conversationId, isShown);
  const notice = useConnectionNotice(useLiveConnection(chat).state);
  const status = useLiveStatus(chat, config.businessId, config.status);
  const typists = useLiveTyping(chat, conversationId);
  const me = useLiveMe(chat) ?? snapshot.item?.customer ?? null;
  const agents = agentsOf(snapshot);
  const isNetworkAway = notice === 'trouble';

  const readAll = useCallback(() => {
    if (hasAttention) thread?.read();
  }, [hasAttention, thread]);
  const loadOlder = useCallback(() => void thread?.loadOlder().catch(() => {}), [thread]);
  const send = (body: string) => {
    onChange('');
    thread?.typing(false);
    // A failure shows beside the message itself.
    if (thread && drafts.length === 0) thread.send(body).sent.catch(() => {});
    else void panel.ask(body);
  };

  return (
    <main className="w-thread">
      <ThreadHeader
        title={agents.length > 0 ? names(agents) : config.name}
        subtitle={isNetworkAway ? STRINGS.waitingForNetwork : STRINGS.status[status]}
        isHere={status === 'online' && !isNetworkAway}
        faces={
          agents.length > 0 ? (
            <AvatarStack people={agents} size={32} {...(isNetworkAway ? {} : { status })} />
          ) : (
            <BusinessLogo name={config.name} />
          )
        }
        onBack={panel.showHome}
        onClose={onClose}
      />
      <NoticeBanner notice={notice} />
      {snapshot.error && notice === 'none' && (
        <ConnectionBanner
          tone="trouble"
          title={STRINGS.noHistory.title}
          {...(snapshot.messages.length > 0
            ? { action: { label: STRINGS.noHistory.action, onClick: loadOlder } }
            : {})}
        />
      )}
      <ThreadLog
        lines={toLines(snapshot, drafts, me)}
        snapshot={snapshot}
        context={{
          receipts: snapshot.receipts,
          participants: snapshot.item?.participants ?? [],
          isNetworkAway,
        }}
        typists={typists}
        actions={actionsOf(panel, state)}
        onOlder={loadOlder}
        onEndSeen={readAll}
      />
      <div className="w-composer">
        <MessageField
          look="reply"
          text={text}
          label={STRINGS.writeMessage}
          placeholder={STRINGS.writeMessage}
          inputRef={inputRef}
          onChange={(value) => {
            onChange(value);
            thread?.typing(value.trim() !== '');
          }}
          onSend={send}
          onBlur={() => thread?.typing(false)}
        />
      </div>
    </main>
  );
}

function actionsOf(panel: Panel, { chat, conversationId, drafts }: PanelSnapshot): RunActions {
  const thread = chat && conversationId !== null ? chat.thread(conversationId) : null;
  const isDraft = ({ clientId }: PendingMessage) => drafts.some((one) => one.clientId === clientId);
  return {
    retry(message) {
      const elsewhere = message.error?.openConversationId;
      if (isDraft(message)) void panel.retryDrafts();
      else if (elsewhere) panel.moveTo(elsewhere, message);
      else thread?.retry(message.clientId);
    },
    discard(message) {
      if (isDraft(message)) panel.discardDraft(message.clientId);
      else thread?.discard(message.clientId);
    },
  };
}

function agentsOf({ item }: ThreadSnapshot): readonly Person[] {
  const here = item?.participants.filter((one) => one.role === 'agent' && one.leftSeq === null);
  return (here ?? []).slice(-3).map((one) => one.user);
}

function names(people: readonly Person[]): string {
  if (people.length === 1) return people[0]?.name ?? '';
  return new Intl.ListFormat().format(people.map((person) => firstName(person.name)));
}
