import { LIMITS } from '@protocol/limits';
import type { Cancel, Clock } from './clock';

/** Says that somebody types, again and again while they do, and that they stopped once they pause. */
export function createTypingSignal(
  tell: (active: boolean) => void,
  clock: Clock,
): (active: boolean) => void {
  let again: Cancel | null = null;
  let pause: Cancel | null = null;

  function repeat(): void {
    tell(true);
    again = clock.after(LIMITS.typingEveryMs, repeat);
  }
  function stop(): void {
    pause?.();
    if (again === null) return;
    again();
    again = null;
    tell(false);
  }
  return (active) => {
    if (!active) {
      stop();
      return;
    }
    if (again === null) repeat();
    pause?.();
    pause = clock.after(LIMITS.typingTtlMs, stop);
  };
}
