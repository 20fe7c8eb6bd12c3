import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import type { ThreadSnapshot, Typist } from '../../sdk';
import { DayDivider } from '../../ui/DayDivider';
import { type Entry, groupMessages } from '../../ui/grouping';
import { Icon } from '../../ui/Icon';
import { SystemLine } from '../../ui/SystemLine';
import { TypingRun } from '../../ui/TypingRun';
import { formatDay } from '../../ui/time';
import type { Line } from './lines';
import { type RunActions, RunView } from './RunView';
import { firstName, type ReceiptContext } from './run-words';
import { STRINGS } from './strings';
import { useLogScroll } from './use-log-scroll';

interface ThreadLogProps {
  readonly lines: readonly Line[];
  readonly snapshot: ThreadSnapshot;
  readonly context: ReceiptContext;
  readonly typists: readonly Typist[];
  readonly actions: RunActions;
  readonly onOlder: () => void;
  /** Called whenever the newest line is in view. */
  readonly onEndSeen: () => void;
}

export function ThreadLog(props: ThreadLogProps) {
  const { lines, snapshot, context, typists, actions, onOlder, onEndSeen } = props;
  const log = useRef<HTMLDivElement | null>(null);
  const own = lines.findLast((line) => line.isMine);
  const older = useCallback(() => {
    if (snapshot.hasOlder && !snapshot.loading) onOlder();
  }, [snapshot.hasOlder, snapshot.loading, onOlder]);
  const scroll = useLogScroll(log, lines[0]?.key ?? '', own?.key ?? '', older);
  const newest = snapshot.messages.at(-1)?.seq ?? 0;
  const isNew = useIsNew(snapshot);
  const below = useBelow(lines, scroll.isAtEnd);

  useEffect(() => {
    if (scroll.isAtEnd && newest > 0) onEndSeen();
  }, [scroll.isAtEnd, newest, onEndSeen]);
  useEffect(() => {
    if (log.current && log.current.scrollHeight <= log.current.clientHeight) older();
  }, [older]);

  return (
    <div className="w-log-frame">
      <section
        className="w-log"
        ref={log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={STRINGS.messages}
        onScroll={scroll.onScroll}
      >
        <div className="w-lines" role="log" aria-live="polite" aria-busy={snapshot.loading}>
          {groupMessages(lines).map((entry) => (
            <EntryView key={entryKey(entry)} entry={entry} {...{ context, actions, isNew }} />
          ))}
          {snapshot.item?.status === 'resolved' && <SystemLine text={STRINGS.solved} />}
        </div>
        {typists.map(({ userId, name }) => (
          <TypingRun
            key={userId}
            userId={userId}
            name={name}
            label={STRINGS.typing(firstName(name))}
          />
        ))}
      </section>
      {below > 0 && <ToEnd count={below} onClick={scroll.toEnd} />}
    </div>
  );
}

interface EntryViewProps {
  readonly entry: Entry<Line>;
  readonly context: ReceiptContext;
  readonly actions: RunActions;
  readonly isNew: (line: Line) => boolean;
}

function EntryView({ entry, context, actions, isNew }: EntryViewProps): ReactNode {
  if (entry.kind === 'day') {
    return <DayDivider at={entry.at} label={formatDay(entry.at, Date.now())} />;
  }
  if (entry.kind === 'system') return <SystemLine text={entry.item.body} />;
  return <RunView lines={entry.items} context={context} actions={actions} isNew={isNew} />;
}

function ToEnd({ count, onClick }: { count: number; onClick: () => void }) {
  return (
    <button type="button" className="w-to-end" title={STRINGS.toEnd} onClick={onClick}>
      {STRINGS.newMessages(count)}
      <Icon name="down" size={16} />
    </button>
  );
}

function entryKey(entry: Entry<Line>): string {
  if (entry.kind === 'day') return `day ${entry.day}`;
  return entry.kind === 'system' ? entry.item.key : entry.items[0].key;
}

/** Lines that came after the first page are drawn moving in; history is simply there. */
function useIsNew({ loading, item, messages }: ThreadSnapshot): (line: Line) => boolean {
  const headAtFirst = useRef<number | null>(null);
  if (headAtFirst.current === null && item !== null && !loading) {
    headAtFirst.current = messages.at(-1)?.seq ?? 0;
  }
  const head = headAtFirst.current;
  return (line) => line.seq === null || (head !== null && line.seq > head);
}

/** How many of the others' messages wait below what is in view. */
function useBelow(lines: readonly Line[], isAtEnd: boolean): number {
  const seen = useRef(0);
  const newest = lines.findLast((line) => line.seq !== null)?.seq ?? 0;
  if (isAtEnd) seen.current = newest;
  return lines.filter((line) => !line.isMine && (line.seq ?? 0) > seen.current).length;
}
