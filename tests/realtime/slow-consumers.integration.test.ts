import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PROTOCOL } from '../../src/protocol/version.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openSupport,
  type Person,
} from '../support/people.js';
import { connect, type TestSocket } from '../support/socket.js';

/** More than the system's own buffers of a local connection hold, and 1 MiB. */
const MESSAGES = 480;
const AT_ONCE = 40;
const BODY = 'x'.repeat(16_000);

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  business = await createBusiness(node.database);
});
beforeEach(async () => {
  customer = await meet(node.url);
  agent = await meetAgent(node.url, business);
  conversationId = (await openSupport(node.url, customer, business)).id;
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

async function send(body: string): Promise<number> {
  const path = `/api/conversations/${conversationId}/messages`;
  return (await api(node.url, customer.token).post(path, { body })).body.seq as number;
}

/** Less at a time than makes a slow consumer of those who read. */
async function sendMany(socket: TestSocket): Promise<number[]> {
  const acked = (clientId: string) => socket.frame('ack', (ack) => ack.clientId === clientId);
  const seqs: number[] = [];
  for (let n = 0; n < MESSAGES; n += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, (_, k) => `c${n + k}`);
    for (const clientId of ids) socket.send({ type: 'message', body: BODY, clientId });
    for (const ack of await Promise.all(ids.map(acked))) seqs.push(ack.seq);
  }
  return seqs;
}

/** The server's end of a connection. */
async function accepted(open: () => Promise<Socket> | Socket): Promise<[Socket, Socket]> {
  const [client, [server]] = await Promise.all([
    open(),
    once(node.app.http.server, 'connection') as Promise<[Socket]>,
  ]);
  return [client, server];
}

/** A peer that asks, reads the first bytes of the answer and then nothing more. */
async function deaf(
  transport: 'ws' | 'sse',
  who: Person,
): Promise<{ client: Socket; server: Socket }> {
  const [client, server] = await accepted(() => connectTcp(node.port, '127.0.0.1'));
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n`;
  client.write(
    `GET /${transport}?conversationId=${conversationId} HTTP/1.1\r\nHost: localhost\r\n` +
      `Authorization: Bearer ${who.token}\r\n${transport === 'ws' ? upgrade : ''}\r\n`,
  );
  let text = '';
  client.on('error', () => {});
  for (client.on('data', (data) => (text += data)); !text.includes('"ready"'); )
    await once(client, 'data');
  client.pause();
  return { client, server };
}

describe.each(['ws', 'sse'] as const)('a peer over %s that stops reading', (transport) => {
  test('[E8] is closed, costs little memory and nobody else anything, and finds everything when it is back', async () => {
    const before = await send('the last that it has seen');
    const { client, server } = await deaf(transport, agent);
    const [reader, sender] = await Promise.all([
      connect(node.url, { token: (await meetAgent(node.url, business)).token }),
      connect(node.url, { token: customer.token, conversationId }),
    ]);
    let buffered = 0;
    const watch = setInterval(() => {
      buffered = Math.max(buffered, server.writableLength);
    }, 1);
    const ended = once(server, 'close');
    const seqs = await sendMany(sender);
    for (const healthy of [reader, sender]) {
      await healthy.frame('message', ({ seq }) => seq === seqs.at(-1));
      const got = healthy.all('message').filter(({ seq }) => seq > before);
      expect(got.map(({ seq }) => seq)).toEqual(seqs);
    }
    await ended;
    clearInterval(watch);
    expect(buffered).toBeGreaterThan(0);
    expect(buffered).toBeLessThan(128 * 1_024);
    client.destroy();

    const back = await connect(node.url, { token: agent.token, conversationId, after: before });
    const { rest, from } = await back.frame('replay');
    expect(rest).toBe(true);
    const found: number[] = [];
    for (let after = 0, more = true; more; ) {
      const path = `/api/conversations/${conversationId}/messages?changedAfter=${from}&after=${after}&limit=200`;
      const { items, nextCursor } = (await api(node.url, agent.token).get(path)).body;
      found.push(...items.map(({ seq }: { seq: number }) => seq));
      more = nextCursor !== null;
      after = nextCursor;
    }
    expect(found).toEqual(seqs);
    await Promise.all([back.close(), reader.close(), sender.close()]);
  }, 60_000);
});

test('[U4] a catch-up that is short in rows and long in bytes is left to paging too', async () => {
  const before = await send('one');
  for (let n = 0; n < 33; n++) await send(BODY);
  const far = await connect(node.url, { token: agent.token, conversationId, after: before });
  expect(await far.frame('replay')).toMatchObject({ rest: true });
  const near = await connect(node.url, { token: agent.token, conversationId, after: before + 3 });
  await near.frame('replay', ({ done }) => done);
  expect(near.all('message')).toHaveLength(30);
  await Promise.all([far.close(), near.close()]);
});

test('two thousand connections that say nothing do not disturb those that do', async () => {
  const idle = Array.from({ length: 2_000 }, () => connectTcp(node.port, '127.0.0.1'));
  await Promise.all(idle.map((socket) => socket.on('error', () => {}) && once(socket, 'connect')));
  const [one, other] = await Promise.all(
    [agent, customer].map(({ token }) => connect(node.url, { token, conversationId })),
  );
  one?.send({ type: 'message', body: 'Anybody there?' });
  await other?.frame('message', ({ body }) => body === 'Anybody there?');
  await Promise.all([one?.close(), other?.close()]);
  const { headersTimeout, requestTimeout } = node.app.http.server;
  expect([headersTimeout, requestTimeout]).toEqual([10_000, 30_000]);
  for (const socket of idle) socket.destroy();
});
