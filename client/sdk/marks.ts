import type { Command } from '@protocol/commands';
import type { Cancel, Clock } from './clock';

const EVERY_MS = 1_000;
/** Longer than a dead connection can go unnoticed. */
const DOUBTFUL_MS = 60_000;

type Kind = 'read' | 'delivered';

interface Mark {
  readonly kind: Kind;
  readonly conversationId: string;
  wanted: number;
  sent: number;
  sentAt: number;
  cancel: Cancel | null;
}

/** Tells the server how far this user has got: at most once a second for each conversation. */
export interface Marks {
  mark(kind: Kind, conversationId: string, seq: number): void;
  online(): void;
}

export function createMarks(send: (command: Command) => boolean, clock: Clock): Marks {
  const marks = new Map<string, Mark>();

  function markOf(kind: Kind, conversationId: string): Mark {
    const key = `${kind}:${conversationId}`;
    const fresh = { kind, conversationId, wanted: 0, sent: 0, sentAt: 0, cancel: null };
    const mark = marks.get(key) ?? fresh;
    marks.set(key, mark);
    return mark;
  }
  function flush(mark: Mark): void {
    const { kind, conversationId, wanted } = mark;
    if (wanted <= mark.sent || mark.cancel !== null) return;
    if (!send({ type: kind, conversationId, seq: wanted })) return;
    mark.sent = wanted;
    mark.sentAt = clock.now();
    mark.cancel = clock.after(EVERY_MS, () => {
      mark.cancel = null;
      flush(mark);
    });
  }
  return {
    mark(kind, conversationId, seq) {
      const mark = markOf(kind, conversationId);
      mark.wanted = Math.max(mark.wanted, seq);
      flush(mark);
    },
    // What was sent last may have died with the connection, and it is harmless to say it again.
    online() {
      for (const mark of marks.values()) {
        if (clock.now() - mark.sentAt < DOUBTFUL_MS) mark.sent = 0;
        flush(mark);
      }
    },
  };
}
