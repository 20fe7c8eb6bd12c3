import { createCache } from '../../../platform/cache.js';
import type { TicketStore } from './tickets.js';

const MAX_TICKETS = 100_000;

export function createMemoryTickets(): TicketStore {
  const tickets = createCache<string>({ max: MAX_TICKETS, ttl: 30_000 });
  return {
    put: async (ticket, value, ttlMs) => void tickets.set(ticket, value, { ttl: ttlMs }),
    take: async (ticket) => {
      const value = tickets.get(ticket) ?? null;
      tickets.delete(ticket);
      return value;
    },
  };
}
