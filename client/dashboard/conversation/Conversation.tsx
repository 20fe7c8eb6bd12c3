import type { InboxItem } from '@protocol/resources/inbox-item';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { type OpenThread, useThread, useTyping } from '../../react';
import { text } from '../catalogue';
import { Composer } from '../composer/Composer';
import { CustomerPanel } from '../customer/CustomerPanel';
import { useAccount } from '../session/account-context';
import { useShortcuts } from '../shell/use-shortcuts';
import { ConversationHeader } from './ConversationHeader';
import { ConversationSkeleton } from './ConversationSkeleton';
import { ConversationTrouble } from './ConversationTrouble';
import { counterpart } from './counterpart';
import { ReplyingHint } from './ReplyingHint';
import { StatusTrouble } from './StatusTrouble';
import { ThreadView } from './ThreadView';
import { useStatusToggle } from './use-status-toggle';

export function Conversation({ id }: { id: string }) {
  const open = useThread(id);
  if (open.item !== null && !isBare(open)) return <OpenConversation open={open} item={open.item} />;
  if (open.error !== null) return <ConversationTrouble error={open.error} />;
  return <ConversationSkeleton />;
}

/** Known from the inbox, but its messages are still to come. */
function isBare({ loading, messages, pending, error, item }: OpenThread): boolean {
  const isEmpty = messages.length + pending.length === 0;
  return isEmpty && (loading || error !== null || item?.lastMessage != null);
}

function OpenConversation({ open, item }: { open: OpenThread; item: InboxItem }) {
  const me = useAccount();
  const { thread } = open;
  const person = counterpart(item, me.id);
  const name = person?.name ?? text.inbox.visitor;
  const typists = useTyping(item.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const status = useStatusToggle(item);
  const navigate = useNavigate();
  useShortcuts({
    r: () => field.current?.focus(),
    e: status.toggle,
    Escape: () => void navigate('/'),
  });

  return (
    <div className="split">
      <section className="conversation" aria-label={name}>
        <ConversationHeader item={item} person={person} name={name} onToggle={status.toggle} />
        {status.failed && <StatusTrouble onRetry={status.toggle} />}
        <ThreadView
          thread={thread}
          snapshot={open}
          item={item}
          me={me}
          name={name}
          typist={typists.find(({ userId }) => userId === person?.id) ?? null}
        />
        <div className="composer-dock">
          <ReplyingHint typists={typists.filter(({ userId }) => userId !== person?.id)} />
          <Composer
            conversationId={item.id}
            name={name}
            isResolved={item.status === 'resolved'}
            inputRef={field}
            onSend={(body) => void thread.send(body).sent.catch(shownInThread)}
            onTyping={thread.typing}
          />
        </div>
      </section>
      <CustomerPanel item={item} person={person} name={name} meId={me.id} />
    </div>
  );
}

/** A message that was not sent stays in the thread and says so. */
function shownInThread(): void {}
