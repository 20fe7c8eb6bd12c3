import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SdkClient } from '../convergence/sdk-client.js';
import { api } from '../support/api.js';
import { startNode, type TestNode } from '../support/node.js';
import { type OwnPostgres, ownPostgres } from '../support/own-postgres.js';
import { createBusiness, meet, meetAgent, openSupport, type Person } from '../support/people.js';
import { isolateRedis } from '../support/redis.js';
import { connect } from '../support/socket.js';

const LOST = ['lost one', 'lost two', 'lost three'];

let postgres: OwnPostgres;
let nodes: [TestNode, TestNode];
let customer: Person;
let agent: Person;
let conversationId: string;

beforeEach(async () => {
  postgres = await ownPostgres();
  await prepare();
  await postgres.copyCold();
  const redis = await isolateRedis();
  const start = () => startNode({ databaseUrl: postgres.url, redis });
  nodes = [await start(), await start()];
}, 60_000);
afterEach(async () => {
  for (const node of nodes) await node.stop();
  await postgres.stop();
}, 60_000);

/** What the copy knows: the people, their conversation, one message. */
async function prepare(): Promise<void> {
  const node = await startNode({ databaseUrl: postgres.url });
  const business = await createBusiness(node.database);
  customer = await meet(node.url, { name: 'Amara Osei' });
  agent = await meetAgent(node.url, business);
  conversationId = (await openSupport(node.url, customer, business)).id;
  await api(node.url, customer.token).post(messagesOf(conversationId), { body: 'kept' });
  await node.stop();
}

const messagesOf = (id: string) => `/api/conversations/${id}/messages`;

async function storedBodies(): Promise<string[]> {
  const rows = await nodes[0].database.prisma.message.findMany({ orderBy: { seq: 'asc' } });
  return rows.map(({ body }) => body);
}

const resynced = ({ chat }: SdkClient) =>
  new Promise<void>((resolve) =>
    chat.on('frame', ({ type }) => {
      if (type === 'resync') resolve();
    }),
  );

const shownBy = ({ thread }: SdkClient) => thread.getSnapshot().messages.map(({ body }) => body);

describe.each(['promoted', 'restored'] as const)(
  'a copy that lacks the last commits is %s',
  (how) => {
    test('senders bring back what was acknowledged, and everybody sees the same', async () => {
      const sender = new SdkClient(customer.token, conversationId, () => nodes[0].url);
      const reader = new SdkClient(agent.token, conversationId, () => nodes[1].url);
      for (const body of LOST) sender.send(body);
      await Promise.all(sender.sends);
      await reader.until(() => shownBy(reader).includes('lost three'));

      const resyncs = [sender, reader].map(resynced);
      await postgres.replaceByCopy(how);
      await Promise.all(resyncs);
      // What is shown may still be from before: the database says when they are back.
      while ((await storedBodies()).length <= LOST.length) await sender.chat.rest.me();
      reader.send('after');
      await Promise.all(reader.sends);

      const stored = await storedBodies();
      expect(stored).toEqual(['kept', ...LOST, 'after']);
      for (const client of [sender, reader])
        await client.until(() => isDeepStrictEqual(shownBy(client), stored));
      sender.destroy();
      reader.destroy();
    }, 60_000);

    test('[R4] a plain client is closed, and its cursor is answered by a resync', async () => {
      const socket = await connect(nodes[0].url, { token: customer.token, conversationId });
      for (const body of LOST)
        socket.send({ type: 'message', body, clientId: body.replace(' ', '-') });
      await socket.frame('message', ({ body }) => body === 'lost three');
      const { cursor } = await cursorAfter(socket);

      await postgres.replaceByCopy(how);
      expect(await socket.closed).toMatchObject({ code: 4451 });
      const next = await connect(nodes[0].url, {
        token: customer.token,
        conversationId,
        after: cursor,
      });
      const { reason } = await next.frame('resync');
      expect(reason).toBe('epoch');
      await next.close();
    }, 60_000);
  },
);

/** The cursor of a client that holds everything. */
async function cursorAfter(socket: Awaited<ReturnType<typeof connect>>) {
  await socket.settled();
  const fresh = await connect(nodes[0].url, { token: customer.token, conversationId });
  const ready = await fresh.frame('ready');
  await fresh.close();
  return ready;
}
