import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import type { PendingMessage } from '../../sdk';
import { type Entry, groupMessages } from '../../ui/grouping';

/** One message of the thread, acknowledged (`message`) or still on its way (`pending`). */
export interface Line {
  /** The same before and after the acknowledgement, so the bubble stays where it is. */
  readonly key: string;
  readonly senderId: string;
  readonly sender: Person;
  readonly createdAt: string;
  readonly kind: Message['kind'];
  readonly body: string;
  readonly message: Message | null;
  readonly pending: PendingMessage | null;
}

export type TimelineEntry = Entry<Line> | { readonly kind: 'unread' };

interface TimelineInput {
  readonly messages: readonly Message[];
  readonly pending: readonly PendingMessage[];
  readonly me: Person;
  /** The number of the first message that was unread when the thread was opened. */
  readonly unreadFrom: number | null;
}

export function timeline({ messages, pending, me, unreadFrom }: TimelineInput): TimelineEntry[] {
  const lines = [...messages.map(stored), ...pending.map((item) => waiting(item, me))];
  const entries = groupMessages(lines);
  return unreadFrom === null ? entries : withUnreadLine(entries, unreadFrom);
}

/** The first message by somebody else above the reader's mark; none when all that is loaded is new. */
export function firstUnread(
  messages: readonly Message[],
  readSeq: number,
  meId: string,
): number | null {
  const first = messages.findIndex(
    ({ seq, senderId, kind }) => seq > readSeq && senderId !== meId && kind === 'text',
  );
  return first > 0 ? (messages[first]?.seq ?? null) : null;
}

function stored(message: Message): Line {
  const { senderId, sender, createdAt, kind, body, clientId } = message;
  const key = `${senderId}:${clientId}`;
  return { key, senderId, sender, createdAt, kind, body, message, pending: null };
}

function waiting(pending: PendingMessage, me: Person): Line {
  const { clientId, createdAt, body } = pending;
  const key = `${me.id}:${clientId}`;
  return {
    key,
    senderId: me.id,
    sender: me,
    createdAt,
    kind: 'text',
    body,
    message: null,
    pending,
  };
}

function withUnreadLine(entries: readonly Entry<Line>[], seq: number): TimelineEntry[] {
  const isFirst = (line: Line) => line.message?.seq === seq;
  const at = entries.findIndex((entry) => entry.kind === 'run' && entry.items.some(isFirst));
  const run = entries[at];
  if (run?.kind !== 'run') return [...entries];
  const cut = run.items.findIndex(isFirst);
  const [before, after] = [run.items.slice(0, cut), run.items.slice(cut)];
  return [
    ...entries.slice(0, at),
    ...asRun(run.senderId, before),
    { kind: 'unread' },
    ...asRun(run.senderId, after),
    ...entries.slice(at + 1),
  ];
}

function asRun(senderId: string, lines: readonly Line[]): Entry<Line>[] {
  const [first, ...rest] = lines;
  return first === undefined ? [] : [{ kind: 'run', senderId, items: [first, ...rest] }];
}
