import { fullJitter } from './backoff';
import type { Clock } from './clock';
import { type ChatError, toChatError } from './errors';

export interface PersistOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly failed?: (error: ChatError) => void;
  /** False ends it after a failure. */
  readonly wanted?: () => boolean;
}

/** Tries again with growing, jittered delays until it succeeds or fails for good. */
export async function persist<T>(run: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { clock, random, failed, wanted = () => true } = options;
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await run();
    } catch (cause) {
      const error = toChatError(cause);
      failed?.(error);
      if (!error.retryable || !wanted()) throw error;
      const delay = Math.max(fullJitter(attempts, random), error.retryAfterMs ?? 0);
      await new Promise<void>((resolve) => clock.after(delay, resolve));
    }
  }
}
