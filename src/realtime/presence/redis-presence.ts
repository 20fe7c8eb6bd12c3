import type { Clock } from '../../platform/clock.js';
import type { Redis } from '../../platform/redis.js';
import type { Status } from '../../protocol/resources/presence.js';
import { type Beat, type Change, combine, type Presence } from './presence.js';

export interface RedisPresenceOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly ttlMs: number;
}

/** One sorted set per user: `status:connectionId` scored by its expiry. */
export function createRedisPresence({
  redis,
  prefix,
  clock,
  ttlMs,
}: RedisPresenceOptions): Presence {
  const key = (userId: string) => `${prefix}:presence:${userId}`;

  /** Reads, replaces one connection's member and reads again, in one transaction. */
  const replace = async (
    userId: string,
    connectionId: string,
    status: Status | null,
  ): Promise<Change> => {
    const set = key(userId);
    const transaction = redis
      .multi()
      .zremrangebyscore(set, '-inf', clock.now())
      .zrangebyscore(set, '-inf', '+inf')
      .zrem(set, ...members(connectionId));
    if (status) transaction.zadd(set, clock.now() + ttlMs, member(status, connectionId));
    transaction.zrangebyscore(set, '-inf', '+inf').pexpire(set, ttlMs);
    const replies = (await transaction.exec()) ?? [];
    return { before: statusIn(replies[1]), after: statusIn(replies.at(-2)) };
  };

  return {
    set: ({ userId, connectionId, status }) => replace(userId, connectionId, status),
    remove: (userId, connectionId) => replace(userId, connectionId, null),
    renew: async (beats: readonly Beat[]) => {
      const pipeline = redis.pipeline();
      for (const { userId, connectionId, status } of beats) {
        pipeline
          .zadd(key(userId), clock.now() + ttlMs, member(status, connectionId))
          .pexpire(key(userId), ttlMs);
      }
      await pipeline.exec();
    },
    statuses: async (userIds) => {
      const pipeline = redis.pipeline();
      for (const userId of userIds) pipeline.zrangebyscore(key(userId), `(${clock.now()}`, '+inf');
      const replies = (await pipeline.exec()) ?? [];
      const known = userIds.map((id, index) => [id, statusIn(replies[index])] as const);
      return new Map(known.filter(([, status]) => status !== 'offline'));
    },
  };
}

const member = (status: Status, connectionId: string) => `${status}:${connectionId}`;
const members = (connectionId: string) =>
  (['online', 'away', 'offline'] as const).map((status) => member(status, connectionId));

function statusIn(reply: [error: Error | null, result: unknown] | undefined): Status {
  const found = Array.isArray(reply?.[1]) ? (reply[1] as string[]) : [];
  return combine(found.map((entry) => entry.slice(0, entry.indexOf(':')) as Status));
}
