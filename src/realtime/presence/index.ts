import type { Clock } from '../../platform/clock.js';
import type { RedisConnections } from '../bus/index.js';
import { createMemoryPresence } from './memory-presence.js';
import type { Presence } from './presence.js';
import { createRedisPresence } from './redis-presence.js';

export type { Presence } from './presence.js';

/** Three missed renewals. With the renewal of whoever notices, a dead node's people are offline within 40 s. */
export const LEASE_MS = 30_000;

export function createPresence(redis: RedisConnections | undefined, clock: Clock): Presence {
  if (!redis) return createMemoryPresence(clock);
  return createRedisPresence({
    redis: redis.commands,
    prefix: redis.prefix,
    clock,
    leaseMs: LEASE_MS,
  });
}
