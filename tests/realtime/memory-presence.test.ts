import { expect, test } from '@jest/globals';
import { createMemoryPresence } from '../../src/realtime/presence/memory-presence.js';
import { presenceContract } from '../contracts/presence.contract.js';

const clock = { now: () => 1_000 };

presenceContract('in memory', async () => ({
  create: () => createMemoryPresence(clock),
  release: async () => {},
}));

test('the only node there is names those who go when it stops', async () => {
  const presence = createMemoryPresence(clock);
  await presence.set({ userId: 'here', connectionId: 'a', status: 'away' });
  await presence.set({ userId: 'hidden', connectionId: 'b', status: 'offline' });
  expect(await presence.leave(10_000)).toEqual([{ userId: 'here', at: new Date(1_000) }]);
  expect(await presence.statuses(['here'])).toEqual(new Map());
});
