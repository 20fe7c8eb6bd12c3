import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { Command } from '../protocol/commands.js';
import type { CommandContext } from './commands.js';

export interface FrameLimit {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A message costs one; the rest is cheap, but not free. */
const COSTS: Partial<Record<Command['type'], number>> = {
  message: 1,
  sync: 0.5,
  auth: 1,
  ping: 0.05,
  pong: 0,
};
const OTHER_COST = 0.1;

/** A token bucket per user and node: always in force, whether Redis is there or not. */
export function createFrameLimit({ burst, perSecond }: FrameLimit, clock: Clock) {
  const buckets = new LRUCache<string, Bucket>({ max: 100_000 });
  return ({ type }: Command, { caller }: CommandContext): void => {
    const now = clock.now();
    const bucket = buckets.get(caller.userId) ?? { tokens: burst, at: now };
    const refilled = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    const cost = COSTS[type] ?? OTHER_COST;
    const taken = refilled >= cost;
    // A refusal costs nothing, else whoever comes back after `retryAfterMs` would be refused for ever.
    buckets.set(caller.userId, { tokens: taken ? refilled - cost : refilled, at: now });
    if (taken) return;
    throw new AppError(
      'rate_limited',
      `At most ${perSecond} messages a second are taken. Wait a moment.`,
      {
        retryAfterMs: Math.ceil(((cost - refilled) / perSecond) * 1_000),
      },
    );
  };
}
