import { createCache } from '../../platform/cache.js';
import type { Clock } from '../../platform/clock.js';
import { LIMITS } from '../../protocol/limits.js';

/** A client that repeats every 3 seconds is now and then early by what the network was late before. */
const JITTER_MS = 500;
const REMEMBERED = 100_000;

interface Typist {
  readonly isActive: boolean;
  /** When the next `active` is due. */
  readonly dueAt: number;
}

/**
 * What of somebody's typing is passed on: on average one `active` in 3 seconds, however many they send, and the end of
 * what was passed on.
 */
export function createTypingGate(clock: Clock): (typist: string, isActive: boolean) => boolean {
  const typists = createCache<Typist>({ max: REMEMBERED });
  return (typist, isActive) => {
    const now = clock.now();
    const known = typists.get(typist) ?? { isActive: false, dueAt: now };
    const passes = isActive ? now >= known.dueAt - JITTER_MS : known.isActive;
    const dueAt = isActive ? Math.max(now, known.dueAt) + LIMITS.typingEveryMs : known.dueAt;
    if (passes) typists.set(typist, { isActive, dueAt });
    return passes;
  };
}
