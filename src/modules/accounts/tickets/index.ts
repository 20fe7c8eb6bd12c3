import type { RedisConnections } from '../../../realtime/bus/index.js';
import { createMemoryTickets } from './memory-tickets.js';
import { createRedisTickets } from './redis-tickets.js';
import type { TicketStore } from './tickets.js';

export type { TicketStore } from './tickets.js';

export function createTicketStore(redis: RedisConnections | undefined): TicketStore {
  return redis ? createRedisTickets(redis.commands, redis.prefix) : createMemoryTickets();
}
