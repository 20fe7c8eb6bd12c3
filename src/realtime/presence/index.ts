import type { Clock } from '../../platform/clock.js';
import type { RedisConnections } from '../bus/index.js';
import { createMemoryPresence } from './memory-presence.js';
import type { Presence } from './presence.js';
import { createRedisPresence } from './redis-presence.js';

export type { Presence } from './presence.js';

/** Three missed renewals. */
export const PRESENCE_TTL_MS = 60_000;
export const PRESENCE_RENEW_MS = 20_000;

export function createPresence(redis: RedisConnections | undefined, clock: Clock): Presence {
  if (!redis) return createMemoryPresence(clock, PRESENCE_TTL_MS);
  return createRedisPresence({
    redis: redis.commands,
    prefix: redis.prefix,
    clock,
    ttlMs: PRESENCE_TTL_MS,
  });
}
