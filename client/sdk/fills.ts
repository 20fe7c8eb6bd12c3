import { fullJitter } from './backoff';
import type { Cancel, Clock } from './clock';

const HOLD_BACK_MS = 100;

export interface FillsDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly fill: (conversationId: string) => void;
}

/** When to ask for what is missing: not before frames on their way had a chance, and ever later while it fails. */
export interface Fills {
  plan(conversationId: string, leastMs?: number): void;
  /** Nothing is missing there any more. */
  stop(conversationId: string): void;
  clear(): void;
}

interface Fill {
  tries: number;
  cancel: Cancel | null;
}

export function createFills({ clock, random, fill }: FillsDeps): Fills {
  const fills = new Map<string, Fill>();

  function stop(id: string): void {
    fills.get(id)?.cancel?.();
    fills.delete(id);
  }
  function plan(id: string, leastMs = 0): void {
    const known = fills.get(id) ?? { tries: 0, cancel: null };
    fills.set(id, known);
    if (known.cancel !== null) return;
    const delay = HOLD_BACK_MS + (known.tries === 0 ? 0 : fullJitter(known.tries, random));
    known.cancel = clock.after(Math.max(delay, leastMs), () => {
      known.tries += 1;
      known.cancel = null;
      fill(id);
    });
  }
  return {
    plan,
    stop,
    clear() {
      for (const id of [...fills.keys()]) stop(id);
    },
  };
}
