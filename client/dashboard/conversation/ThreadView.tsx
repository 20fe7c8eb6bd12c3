import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Person } from '@protocol/resources/person';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { Thread, ThreadSnapshot, Typist } from '../../sdk';
import { TypingRun } from '../../ui/TypingRun';
import { text } from '../catalogue';
import { useAttention } from '../use-attention';
import { MessageMenu } from './MessageMenu';
import { NewBelow } from './NewBelow';
import { OlderLine } from './OlderLine';
import { RemoveDialog } from './RemoveDialog';
import { TimelineEntryView } from './TimelineEntryView';
import { timeline } from './timeline';
import { useControls } from './use-controls';
import { useNewBelow } from './use-new-below';
import { useOlder } from './use-older';
import { useThreadScroll } from './use-thread-scroll';
import { useUnreadFrom } from './use-unread-from';

interface ThreadViewProps {
  readonly thread: Thread;
  readonly snapshot: ThreadSnapshot;
  readonly item: InboxItem;
  readonly me: Person;
  readonly name: string;
  /** The customer, while they type. */
  readonly typist: Typist | null;
}

export function ThreadView({ thread, snapshot, item, me, name, typist }: ThreadViewProps) {
  const { messages, pending } = snapshot;
  const older = useOlder(thread, snapshot);
  const { scroller, isAtLatest, onScroll, toLatest } = useThreadScroll(older.onNearOldest);
  const unreadFrom = useUnreadFrom(snapshot, me.id);
  const entries = useMemo(
    () => timeline({ messages, pending, me, unreadFrom }),
    [messages, pending, me, unreadFrom],
  );
  const { controls, ...actions } = useControls({ thread, snapshot, item, meId: me.id });
  const newBelow = useNewBelow(messages, isAtLatest, me.id);
  const unreadLine = useRef<HTMLLIElement>(null);

  useReading(thread, snapshot, isAtLatest);
  useLayoutEffect(() => {
    if (unreadFrom !== null) unreadLine.current?.scrollIntoView({ block: 'nearest' });
  }, [unreadFrom]);
  useEffect(() => {
    if (pending.length > 0) toLatest();
  }, [pending.length, toLatest]);

  return (
    <div className="thread">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className="thread-scroll" ref={scroller} onScroll={onScroll} tabIndex={0}>
        <div className="thread-content" role="log" aria-label={text.conversation.log(name)}>
          <OlderLine state={older.state} onRetry={older.loadOlder} />
          {entries.length === 0 && <p className="thread-empty">{text.conversation.empty}</p>}
          <ol className="thread-entries">
            {entries.map((entry) => (
              <TimelineEntryView
                key={keyOf(entry)}
                entry={entry}
                item={item}
                meId={me.id}
                controls={controls}
                unreadLine={unreadLine}
              />
            ))}
          </ol>
          {typist && (
            <TypingRun
              userId={typist.userId}
              name={typist.name}
              label={text.inbox.typing(typist.name)}
            />
          )}
        </div>
      </div>
      {!isAtLatest && <NewBelow count={newBelow} onClick={toLatest} />}
      <MessageMenu
        target={actions.menu}
        onClose={() => actions.setMenu(null)}
        onEdit={({ seq }) => actions.edit(seq)}
        onRemove={actions.setRemoving}
      />
      {actions.removing && (
        <RemoveDialog
          message={actions.removing}
          onClose={() => actions.setRemoving(null)}
          remove={({ seq }) => thread.remove(seq)}
        />
      )}
    </div>
  );
}

/** Read is what stands in front of somebody who looks. */
function useReading(thread: Thread, { messages, item }: ThreadSnapshot, isAtLatest: boolean) {
  const attention = useAttention();
  const newest = messages.at(-1)?.seq ?? 0;
  const unread = item?.unread ?? 0;
  useEffect(() => {
    if (attention && isAtLatest && newest > 0 && unread > 0) thread.read();
  }, [thread, attention, isAtLatest, newest, unread]);
}

type Entries = ReturnType<typeof timeline>;

function keyOf(entry: Entries[number]): string {
  if (entry.kind === 'unread') return 'unread';
  if (entry.kind === 'day') return `day:${entry.day}`;
  return entry.kind === 'run' ? entry.items[0].key : entry.item.key;
}
