import { AppError } from '../../../platform/errors.js';
import type { Redis } from '../../../platform/redis.js';
import type { TicketStore } from './tickets.js';

/** Without Redis there are no tickets; a token still opens a connection. */
export function createRedisTickets(redis: Redis, prefix: string): TicketStore {
  const key = (ticket: string) => `${prefix}:ticket:${ticket}`;
  const orUnavailable = (cause: unknown): never => {
    const message =
      'Tickets are not available just now. Connect with the token instead, or try again.';
    throw new AppError('unavailable', message, { cause, retryAfterMs: 2_000 });
  };
  return {
    put: async (ticket, value, ttlMs) => {
      await redis.set(key(ticket), value, 'PX', ttlMs).catch(orUnavailable);
    },
    take: (ticket) => redis.getdel(key(ticket)).catch(orUnavailable),
  };
}
