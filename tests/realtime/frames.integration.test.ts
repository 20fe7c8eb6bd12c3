import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import { createBusiness, meet, meetAgent, openSupport, type Person } from '../support/people.js';
import { connect, type TestSocket } from '../support/socket.js';

let database: TestDatabase;
let node: TestNode;
let customer: Person;
let agent: Person;
let foreignId: string;
let conversationId: string;
let socket: TestSocket;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  const business = await createBusiness(node.database);
  customer = await meet(node.url);
  agent = await meetAgent(node.url, business);
  conversationId = (await openSupport(node.url, customer, business)).id;
  foreignId = (await openSupport(node.url, await meet(node.url), business)).id;
});
beforeEach(async () => {
  socket = await connect(node.url, { token: customer.token, conversationId });
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

const stored = () => node.database.prisma.message.count();
const message = (fields: object = {}) => ({ type: 'message', body: 'hi', ...fields });

describe('frames that are refused', () => {
  test('[E2] the third bad one closes the connection, and nothing after it counts', async () => {
    const before = await stored();
    for (const raw of ['no json', '[]', '42']) socket.raw.send(raw);
    socket.send(message());
    expect(await socket.closed).toEqual({ code: 4400, reason: 'repeated_bad_frames' });
    expect(socket.all('error').map(({ code }) => code)).toEqual(Array(3).fill('bad_frame'));
    expect(await stored()).toBe(before);
  });

  test('[S7] a message that names its sender or its number', async () => {
    socket.send(message({ id: '1', senderId: agent.id }));
    socket.send(message({ id: '2', seq: 7 }));
    await socket.settled();
    expect(socket.all('error').map(({ code }) => code)).toEqual(['bad_frame', 'bad_frame']);
    expect(socket.all('ack')).toEqual([]);
    await socket.close();
  });

  test('[E3] one byte more than 64 KiB', async () => {
    socket.raw.send('x'.repeat(65_537));
    expect((await socket.closed).code).toBe(1009);
  });

  test('[E3] binary ones', async () => {
    socket.raw.send(Buffer.from(JSON.stringify(message())));
    expect(await socket.closed).toEqual({ code: 1003, reason: 'binary_not_accepted' });
  });

  test('[E3] text that is not UTF-8', async () => {
    socket.raw.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await socket.closed).code).toBe(1007);
  });

  test.each([
    ['unmasked', [0x81, 0x02, 0x68, 0x69]],
    ['of a reserved opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['with a reserved bit, as compressed ones have', [0xc1, 0x80, 0, 0, 0, 0]],
    ['of control and in fragments', [0x09, 0x80, 0, 0, 0, 0]],
  ])('those that are %s', async (_what, bytes) => {
    const peer = connectTcp(node.port, '127.0.0.1');
    const headers = [
      'Host: x',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Extensions: permessage-deflate',
      `Authorization: Bearer ${customer.token}`,
    ];
    peer.write(`GET /ws HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    let received = Buffer.alloc(0);
    peer.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
    });
    while (!received.includes('"type":"ready"')) await once(peer, 'data');
    expect(received.toString()).not.toContain('permessage-deflate');
    peer.write(Buffer.from(bytes));
    const closing = Buffer.from([0x88, 0x02, 0x03, 0xea]);
    while (!received.includes(closing)) await once(peer, 'data');
    peer.destroy();
    await socket.close();
  });

  test('[S6] bodies that are empty or too long, and the connection stays', async () => {
    const bodies = [
      '',
      '  \n ',
      'x'.repeat(16_385),
      '€'.repeat(5_462),
      'half \ud800',
      'nul \u0000',
    ];
    for (const [index, body] of bodies.entries()) socket.send(message({ id: `${index}`, body }));
    socket.send(message({ id: 'good', body: 'x'.repeat(16_384) }));
    expect(await socket.frame('ack')).toMatchObject({ id: 'good' });
    expect(socket.all('error').map(({ id, code }) => [id, code])).toEqual([
      ['0', 'body_empty'],
      ['1', 'body_empty'],
      ['2', 'body_too_long'],
      ['3', 'body_too_long'],
      ['4', 'bad_request'],
      ['5', 'bad_request'],
    ]);
    await socket.close();
  });

  test('[E6] commands for a conversation of others or of nobody, and the connection stays', async () => {
    const user = await connect(node.url, { token: customer.token });
    for (const id of [foreignId, randomUUID()]) {
      user.send(message({ conversationId: id }));
      user.send({ type: 'typing', conversationId: id });
      user.send({ type: 'read', conversationId: id, seq: 1 });
      user.send({ type: 'sync', conversations: [{ id, after: 0 }] });
    }
    await user.settled();
    expect(user.all('error').map(({ code }) => code)).toEqual(Array(8).fill('not_found'));
    await Promise.all([user.close(), socket.close()]);
  });

  test('[P6] reading further than the conversation goes', async () => {
    socket.send({ type: 'read', id: 'r', seq: 2_000_000 });
    socket.send({ type: 'delivered', id: 'd', seq: 2_000_000 });
    await socket.frame('error', ({ id }) => id === 'd');
    expect(socket.all('error')).toMatchObject([
      { id: 'r', code: 'bad_seq' },
      { id: 'd', code: 'bad_seq' },
    ]);
    await socket.close();
  });
});

describe('sends', () => {
  test('[S1] [E4] are acknowledged under their ids once they are stored', async () => {
    socket.send(message({ id: '1', clientId: 'mine-1' }));
    const ack = await socket.frame('ack');
    expect(ack).toMatchObject({ id: '1', clientId: 'mine-1', conversationId, duplicate: false });
    const where = { conversationId_seq: { conversationId, seq: ack.seq } };
    const row = await node.database.prisma.message.findUniqueOrThrow({ where });
    expect(row).toMatchObject({ body: 'hi', senderId: customer.id });
    await socket.close();
  });

  test('[S3] of another text under a key that was used are refused', async () => {
    socket.send(message({ clientId: 'mine-2' }));
    socket.send(message({ clientId: 'mine-2', body: 'something else' }));
    expect(await socket.frame('error')).toMatchObject({
      code: 'idempotency_conflict',
      clientId: 'mine-2',
      retryable: false,
    });
    await socket.close();
  });

  test('[S4] of somebody else under the same key are messages of their own', async () => {
    const theirs = await connect(node.url, { token: agent.token, conversationId });
    socket.send(message({ clientId: 'shared', body: 'mine' }));
    const mine = await socket.frame('ack');
    theirs.send(message({ clientId: 'shared', body: 'theirs' }));
    const ack = await theirs.frame('ack');
    expect(ack.duplicate).toBe(false);
    expect(ack.seq).toBeGreaterThan(mine.seq);
    await Promise.all([theirs.close(), socket.close()]);
  });

  test('[S8] that somebody else has overtaken are refused, with what was not seen', async () => {
    const theirs = await connect(node.url, { token: agent.token, conversationId });
    socket.send(message());
    const { seq } = await socket.frame('ack');
    theirs.send(message({ body: 'I am on it' }));
    await theirs.frame('ack');
    socket.send(message({ id: 'late', ifLastSeq: seq }));
    const error = await socket.frame('error');
    expect(error).toMatchObject({ id: 'late', code: 'stale_reply' });
    expect(error.newer).toMatchObject([{ body: 'I am on it' }]);
    await Promise.all([theirs.close(), socket.close()]);
  });

  test('[S5] of one connection keep their order, 200 at once', async () => {
    for (let n = 0; n < 200; n++) socket.send(message({ id: `${n}`, clientId: `row-${n}` }));
    await socket.frame('ack', ({ id }) => id === '199');
    const acks = socket.all('ack');
    expect(acks.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, n) => `${n}`));
    const seqs = acks.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    await socket.close();
  });

  test('[H6] a ping is answered after what was sent before it', async () => {
    socket.send(message({ id: 'first', body: ' ' }));
    socket.send({ type: 'ping', id: 'p' });
    expect(await socket.frame('pong')).toEqual({ type: 'pong', id: 'p' });
    expect(socket.frames.map(({ type }) => type).slice(-2)).toEqual(['error', 'pong']);
    await socket.close();
  });
});

describe('tokens on an open connection', () => {
  test('[H5] another user’s ends it', async () => {
    socket.send({ type: 'auth', token: agent.token });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'forbidden' });
  });

  test('one that is not valid changes nothing', async () => {
    socket.send({ type: 'auth', id: 'a', token: `${customer.token}x` });
    expect(await socket.frame('error')).toMatchObject({ id: 'a', code: 'unauthorized' });
    await socket.settled();
    await socket.close();
  });

  test('[H3] a newer one of the same user renews it', async () => {
    socket.send({ type: 'auth', id: 'a', token: customer.token });
    const auth = await socket.frame('auth');
    expect(auth).toMatchObject({ id: 'a', expiring: false });
    expect(Date.parse(auth.expiresAt)).toBeGreaterThan(Date.now());
    await socket.close();
  });
});

describe('limits', () => {
  let limited: TestNode;
  beforeAll(async () => {
    const env = { LIMIT_MESSAGES_BURST: '5', LIMIT_MESSAGES_PER_SECOND: '1' };
    limited = await startNode({ databaseUrl: database.url, env });
  });
  afterAll(() => limited.stop());

  test('[S9] nothing is stored beyond the rate, and the refusal says when to come back', async () => {
    const one = await connect(limited.url, { token: customer.token, conversationId });
    const before = await stored();
    for (let n = 0; n < 20; n++) one.send(message({ id: `${n}` }));
    const error = await one.frame('error', ({ id }) => id === '19');
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(error.retryAfterMs).toBeLessThanOrEqual(1_000);
    await one.frame('ack', ({ id }) => id === '4');
    expect((await stored()) - before).toBe(5);
    await Promise.all([one.close(), socket.close()]);
  });
});
