import type { Logger } from '../../platform/logger.js';
import type { Redis } from '../../platform/redis.js';
import type { Bus } from './bus.js';
import { createMemoryBus } from './memory-bus.js';
import { createRedisBus } from './redis-bus.js';

export type { Bus, Envelope } from './bus.js';

export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
  readonly prefix: string;
}

export interface BusOptions {
  readonly log: Logger;
  readonly canaryMs: number;
}

export function createBus(redis: RedisConnections | undefined, options: BusOptions): Bus {
  if (!redis) return createMemoryBus();
  return createRedisBus({
    publisher: redis.commands,
    subscriber: redis.subscriber,
    prefix: redis.prefix,
    ...options,
  });
}
