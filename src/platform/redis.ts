import { Redis } from 'ioredis';
import type { Logger } from './logger.js';

export type { Redis };

/**
 * For commands: fails fast instead of queueing, because a publish or a counter that arrives late is worse than none.
 * The sweep and in-process limiters cover what is dropped.
 */
export function openRedis(url: string, log: Logger): Redis {
  return watched(
    new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 500,
      connectTimeout: 3_000,
      keepAlive: 10_000,
      autoResendUnfulfilledCommands: false,
      enableAutoPipelining: true,
      retryStrategy: backoff,
    }),
    log,
  );
}

/** For subscriptions: comes back for ever and subscribes again by itself. */
export function openSubscriber(url: string, log: Logger): Redis {
  return watched(
    new Redis(url, {
      maxRetriesPerRequest: null,
      connectTimeout: 3_000,
      keepAlive: 10_000,
      retryStrategy: backoff,
    }),
    log,
  );
}

const backoff = (attempt: number) => Math.min(2_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** Without an `error` listener a lost connection would end the process. Logs transitions, not every retry. */
function watched(redis: Redis, log: Logger): Redis {
  let healthy = true;
  redis.on('error', (error: Error) => {
    if (healthy) log.warn({ err: { message: error.message } }, 'redis is away');
    healthy = false;
  });
  redis.on('ready', () => {
    if (!healthy) log.info('redis is back');
    healthy = true;
  });
  return redis;
}
