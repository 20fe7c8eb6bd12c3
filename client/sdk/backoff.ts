import type { CloseAction } from '@protocol/close-codes';

const BASE_MS = 500;
const CAP_MS = 30_000;
/** Code 1013: the server is overloaded, so the first delay is already long. */
const OVERLOADED_ATTEMPTS = 4;
const LEAST_MS: Record<number, number> = { 4429: 1_000, 4450: 1_000 };

export interface Retry {
  readonly action: CloseAction;
  readonly code: number;
  /** Connections that failed or ended early since the last one that was stable. */
  readonly attempts: number;
  readonly windowMs: number;
  readonly retryAfterMs?: number | null;
}

/** Full jitter: a crowd that lost its server together comes back spread out. */
export function fullJitter(attempts: number, random: () => number): number {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** attempts);
}

export function retryDelay(retry: Retry, random: () => number): number {
  const { action, code, attempts, windowMs, retryAfterMs } = retry;
  if (attempts === 0 && action !== 'backoff') return random() * windowMs;
  const jitter = fullJitter(
    code === 1013 ? Math.max(attempts, OVERLOADED_ATTEMPTS) : attempts,
    random,
  );
  // Added and not compared: whole seconds would bring everybody back on the same tick.
  return Math.max(jitter, LEAST_MS[code] ?? 0) + (retryAfterMs ?? 0);
}
