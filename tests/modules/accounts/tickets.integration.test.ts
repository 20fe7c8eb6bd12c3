import { expect, test } from '@jest/globals';
import { createTicketStore } from '../../../src/modules/accounts/index.js';
import { openRedis } from '../../../src/platform/redis.js';
import { ticketsContract } from '../../contracts/tickets.contract.js';
import { silent } from '../../support/log.js';
import { isolateRedis, ownRedis } from '../../support/redis.js';

ticketsContract('memory', async () => {
  const store = createTicketStore(undefined);
  return { stores: [store, store], close: async () => {} };
});

ticketsContract('Redis', async () => {
  const { url, prefix } = await isolateRedis();
  const connections = [openRedis(url, silent), openRedis(url, silent)] as const;
  await Promise.all(connections.map((redis) => new Promise((ready) => redis.once('ready', ready))));
  const [one, other] = connections;
  return {
    stores: [storeOver(one, prefix), storeOver(other, prefix)],
    close: async () => {
      for (const redis of connections) redis.disconnect();
    },
  };
});

const storeOver = (redis: ReturnType<typeof openRedis>, prefix: string) =>
  createTicketStore({ commands: redis, subscriber: redis, prefix });

test('while Redis is away tickets are unavailable, which is said with a time to come back', async () => {
  const server = await ownRedis();
  const redis = openRedis(server.url, silent);
  await new Promise((ready) => redis.once('ready', ready));
  const store = storeOver(redis, 'away');
  await server.stop();
  const refusal = { code: 'unavailable', retryAfterMs: 2_000 };
  await expect(store.put('ticket', 'value', 30_000)).rejects.toMatchObject(refusal);
  await expect(store.take('ticket')).rejects.toMatchObject(refusal);
  redis.disconnect();
});
