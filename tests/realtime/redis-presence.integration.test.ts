import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/platform/clock.js';
import { openRedis } from '../../src/platform/redis.js';
import { createPresence, PRESENCE_TTL_MS } from '../../src/realtime/presence/index.js';
import { createRedisPresence } from '../../src/realtime/presence/redis-presence.js';
import { presenceContract, TTL_MS } from '../contracts/presence.contract.js';
import { silent } from '../support/log.js';
import { isolateRedis } from '../support/redis.js';

presenceContract('in Redis', async () => {
  const { url, prefix } = await isolateRedis();
  const redis = openRedis(url, silent);
  await once(redis, 'ready');
  return {
    create: (clock) => createRedisPresence({ redis, prefix, clock, ttlMs: TTL_MS }),
    release: async () => redis.disconnect(),
  };
});

test('leaves no key behind of a node that died', async () => {
  const { url, prefix } = await isolateRedis();
  const redis = openRedis(url, silent);
  await once(redis, 'ready');
  const presence = createPresence({ commands: redis, subscriber: redis, prefix }, systemClock);
  await presence.set({ userId: 'u', connectionId: 'c', status: 'online' });
  const left = await redis.pttl(`${prefix}:presence:u`);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(PRESENCE_TTL_MS);
  redis.disconnect();
});
