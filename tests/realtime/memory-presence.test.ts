import { createMemoryPresence } from '../../src/realtime/presence/memory-presence.js';
import { presenceContract, TTL_MS } from '../contracts/presence.contract.js';

presenceContract('in memory', async () => ({
  create: (clock) => createMemoryPresence(clock, TTL_MS),
  release: async () => {},
}));
