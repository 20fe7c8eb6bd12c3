import type { Bus, Envelope } from './bus.js';

/** Joins the nodes of one process; a product without Redis has one node, and this is all it needs. */
export class MemoryExchange {
  readonly subscribers = new Set<(envelope: Envelope) => void>();
}

export function createMemoryBus(exchange = new MemoryExchange()): Bus {
  let own: ((envelope: Envelope) => void) | undefined;
  return {
    isShared: false,
    publish: (envelope) => {
      for (const deliver of exchange.subscribers) deliver(envelope);
    },
    subscribe: async (deliver, onHealth) => {
      own = deliver;
      exchange.subscribers.add(deliver);
      onHealth?.(true);
    },
    close: async () => {
      if (own) exchange.subscribers.delete(own);
    },
  };
}
