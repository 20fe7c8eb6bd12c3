import type { Command } from '@protocol/commands';
import type { Cancel, Clock } from './clock';

const EVERY_MS = 1_000;

export type MarkKind = 'read' | 'delivered';

interface Mark {
  readonly kind: MarkKind;
  readonly conversationId: string;
  wanted: number;
  sent: number;
  cancel: Cancel | null;
}

/** Tells the server how far this user has got: at most once a second for each conversation. */
export interface Marks {
  mark(kind: MarkKind, conversationId: string, seq: number): void;
  online(): void;
}

export function createMarks(
  send: (command: Command) => boolean,
  clock: Clock,
  /** How far the server has said that it knows. */
  confirmed: (kind: MarkKind, conversationId: string) => number,
): Marks {
  const marks = new Map<string, Mark>();

  function markOf(kind: MarkKind, conversationId: string): Mark {
    const key = `${kind}:${conversationId}`;
    const fresh = { kind, conversationId, wanted: 0, sent: 0, cancel: null };
    const mark = marks.get(key) ?? fresh;
    marks.set(key, mark);
    return mark;
  }
  function flush(mark: Mark): void {
    const { kind, conversationId, wanted } = mark;
    if (wanted <= mark.sent || mark.cancel !== null) return;
    if (!send({ type: kind, conversationId, seq: wanted })) return;
    mark.sent = wanted;
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
    // The server writes once a second: what it has not confirmed may have died with a node, and is harmless to repeat.
    online() {
      for (const mark of marks.values()) {
        if (confirmed(mark.kind, mark.conversationId) < mark.wanted) mark.sent = 0;
        flush(mark);
      }
    },
  };
}
