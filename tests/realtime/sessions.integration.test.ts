import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FrameOf } from '../../src/protocol/frames.js';
import { decodeCursor, encodeCursor } from '../../src/realtime/cursor.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openDirect,
  openSupport,
  type Person,
} from '../support/people.js';
import { connect } from '../support/socket.js';
import { poll } from './polls.js';
import { openStream } from './streams.js';

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  const env = { CORS_ORIGIN: 'https://shop.example' };
  node = await startNode({ databaseUrl: database.url, env });
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

async function send(who: Person, body: string, id = conversationId): Promise<number> {
  const path = `/api/conversations/${id}/messages`;
  return (await api(node.url, who.token).post(path, { body })).body.seq as number;
}

/** As many messages as no test would want to send. */
async function fill(count: number): Promise<number> {
  const { prisma } = node.database;
  const { lastSeq } = await prisma.conversation.findUniqueOrThrow({
    where: { id: conversationId },
  });
  await prisma.$executeRaw`
    INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body")
    SELECT ${conversationId}::uuid, n, n, ${customer.id}::uuid,
      json_build_object('id', ${customer.id}::text, 'name', 'Somebody', 'role', 'CUSTOMER', 'avatar', NULL)::jsonb, 'c' || n, 'h', 'text ' || n
    FROM generate_series(${lastSeq + 1}::int, ${lastSeq + count}::int) n`;
  await prisma.conversation.update({
    where: { id: conversationId },
    data: { lastSeq: lastSeq + count },
  });
  return lastSeq + count;
}

describe('a conversation session that comes back', () => {
  const resume = (after: string | number) =>
    connect(node.url, { token: customer.token, conversationId, after });
  async function cursor() {
    const socket = await connect(node.url, { token: customer.token, conversationId });
    const ready = await socket.frame('ready');
    await socket.close();
    return decodeCursor(ready.cursor) as Extract<
      ReturnType<typeof decodeCursor>,
      { kind: 'conversation' }
    >;
  }

  test('[R3] from beyond the head has to load anew, and is live', async () => {
    const socket = await resume(2_000);
    expect(await socket.frame('resync')).toEqual({
      type: 'resync',
      conversationId,
      reason: 'ahead',
    });
    const seq = await send(agent, 'still here');
    expect(await socket.frame('message')).toMatchObject({ seq });
    expect(socket.all('replay')).toEqual([]);
    await socket.close();
  });

  test('[R4] from another database has to load anew', async () => {
    const { position, tail } = await cursor();
    const foreign = encodeCursor({ kind: 'conversation', epoch: 'other', position, tail });
    const socket = await resume(foreign);
    expect(await socket.frame('resync')).toMatchObject({ reason: 'epoch' });
    await socket.close();
  });

  test('[R5] from a history that was written anew has to load anew', async () => {
    await send(customer, 'the first of its number');
    const { epoch, position, tail } = await cursor();
    const rewritten = { seq: tail.seq, hash: '0'.repeat(16) };
    const socket = await resume(
      encodeCursor({ kind: 'conversation', epoch, position, tail: rewritten }),
    );
    expect(await socket.frame('resync')).toMatchObject({ reason: 'history' });
    await socket.close();
  });

  test('[O4] [O5] gets each changed message once, by its place, in its newest state', async () => {
    const [first, second] = [await send(customer, 'one'), await send(agent, 'two')];
    const from = second;
    const path = `/api/conversations/${conversationId}/messages/${first}`;
    await api(node.url, customer.token).patch(path, { body: 'one, edited' });
    await api(node.url, customer.token).patch(path, { body: 'one, edited twice' });
    const third = await send(customer, 'three');
    const socket = await resume(from);
    await socket.frame('replay', ({ done }) => done);
    expect(socket.all('message').map(({ seq, changeSeq, body }) => [seq, changeSeq, body])).toEqual(
      [
        [first, third - 1, 'one, edited twice'],
        [third, third, 'three'],
      ],
    );
    await api(node.url, customer.token).delete(path);
    expect(await socket.frame('message', ({ deletedAt }) => deletedAt !== null)).toMatchObject({
      seq: first,
      changeSeq: third + 1,
      body: '',
    });
    await socket.close();
  });

  test('[R10] from more than 1,000 rows ago pages them first, and nothing is live before', async () => {
    const head = await fill(1_001);
    const socket = await resume(2);
    expect(await socket.frame('replay')).toEqual({
      type: 'replay',
      conversationId,
      from: 2,
      to: head,
      done: false,
      rest: true,
    });
    const missed = await send(agent, 'meanwhile');
    await socket.settled();
    expect(socket.all('message')).toEqual([]);
    socket.send({ type: 'sync', id: 's', after: head });
    expect(await socket.frame('replay', ({ done }) => done)).toMatchObject({ id: 's', from: head });
    const live = await send(agent, 'and now');
    await socket.frame('message', ({ seq }) => seq === live);
    expect(socket.all('message').map(({ seq }) => seq)).toEqual([missed, live]);
    await socket.close();
  });

  test('[R10] [L2] polls from more than 1,000 rows ago are told at once to page them', async () => {
    const head = await fill(1_001);
    const options = { token: customer.token, conversationId };
    const behind = await poll(node.url, { ...options, after: '2' });
    expect(behind.frames.map(({ type }) => type)).toEqual(['ready', 'replay']);
    expect(behind.frames[1]).toMatchObject({ from: 2, to: head, done: false, rest: true });
    expect(decodeCursor(behind.cursor as string)).toMatchObject({ position: 2 });
    const missed = await send(agent, 'meanwhile');
    const paged = await poll(node.url, { ...options, after: `${head}` });
    const messages = paged.frames.filter(({ type }) => type === 'message');
    expect(messages).toMatchObject([{ seq: missed }]);
  });

  test('a sync that is refused leaves it live', async () => {
    const socket = await resume(0);
    socket.send({
      type: 'sync',
      id: 's',
      after: encodeCursor({ kind: 'user', epoch: 'e', position: 0, checkedAt: 0 }),
    });
    expect(await socket.frame('error')).toMatchObject({ id: 's', code: 'bad_cursor' });
    const seq = await send(agent, 'still live');
    await socket.frame('message', (message) => message.seq === seq);
    await socket.close();
  });
});

describe('a user session', () => {
  const open = (who: Person, after?: string) =>
    connect(node.url, { token: who.token, ...(after !== undefined && { after }) });

  test('[U1] gets nothing of what is somebody else’s own', async () => {
    const [mine, theirs] = [await open(customer), await open(agent)];
    await send(agent, 'unread');
    const { seq } = await theirs.frame('message');
    mine.send({ type: 'read', conversationId, seq });
    const membership = await mine.frame('membership');
    expect(membership).toMatchObject({ conversationId, readSeq: seq, unread: 0 });
    await theirs.frame('receipt', ({ readSeq }) => readSeq === seq);
    await theirs.settled();
    expect(theirs.all('membership').some(({ readSeq }) => readSeq === seq)).toBe(false);
    await Promise.all([mine.close(), theirs.close()]);
  });

  test('[U2] gets the frames of all its conversations as they come, also of those that begin', async () => {
    const other = await meet(node.url);
    const [mine, staff] = [await open(customer), await open(agent)];
    const direct = await openDirect(node.url, other, customer);
    const membership = await mine.frame('membership', (m) => m.conversationId === direct.id);
    expect(membership.userSeq).toBe((await mine.frame('ready')).position + 1);
    expect(await mine.frame('conversation')).toMatchObject({ conversationId: direct.id });
    const bodies = [
      await send(other, 'between us', direct.id),
      await send(customer, 'to the shop'),
    ];
    expect(bodies).toHaveLength(2);
    await mine.frame('message', ({ body }) => body === 'between us');
    await mine.frame('message', ({ body }) => body === 'to the shop');
    await staff.frame('message', ({ body }) => body === 'to the shop');
    expect(staff.all('message').some(({ body }) => body === 'between us')).toBe(false);
    await Promise.all([mine.close(), staff.close()]);
  });

  test('[U3] [U5] catches up each conversation that it names, and a refused one keeps no other from it', async () => {
    const other = await meet(node.url);
    const direct = await openDirect(node.url, other, customer);
    await send(other, 'hello', direct.id);
    const head = await send(agent, 'good day');
    const mine = await open(customer);
    const conversations = [
      { id: direct.id, after: 0 },
      { id: randomUUID(), after: 0 },
      { id: conversationId, after: head - 1 },
    ];
    mine.send({ type: 'sync', id: 's', conversations });
    await mine.frame('replay', (one) => one.done && one.conversationId === conversationId);
    expect(mine.all('error')).toMatchObject([
      { id: 's', code: 'not_found', conversationId: conversations[1]?.id },
    ]);
    expect(mine.all('message').map(({ body }) => body)).toEqual(['hello', 'good day']);
    const types = mine.frames.slice(mine.frames.findLastIndex(({ type }) => type === 'message'));
    expect(types.map(({ type }) => type)).toEqual([
      'message',
      ...['receipt', 'receipt'],
      ...['status', 'status', 'status'],
      'replay',
    ]);
    await mine.close();
  });

  test('[U3] a sync without a conversation, or with a cursor that is none, is a bad frame', async () => {
    const mine = await open(customer);
    mine.send({ type: 'sync', id: '1' });
    mine.send({ type: 'sync', id: '2', conversationId, after: 'nonsense' });
    expect(await mine.frame('error', ({ id }) => id === '1')).toMatchObject({ code: 'bad_frame' });
    expect(await mine.frame('error', ({ id }) => id === '2')).toMatchObject({ code: 'bad_cursor' });
    await mine.close();
  });

  test('[U4] more than 1,000 rows are left to paging, of which the head is the new position', async () => {
    const head = await fill(1_001);
    const mine = await open(customer);
    mine.send({ type: 'sync', conversations: [{ id: conversationId, after: 2 }] });
    expect(await mine.frame('replay')).toMatchObject({
      from: 2,
      to: head,
      done: false,
      rest: true,
    });
    const path = `/api/conversations/${conversationId}/messages?changedAfter=2&limit=200`;
    const page = (await api(node.url, customer.token).get(path)).body;
    expect(page.head).toBe(head);
    mine.send({ type: 'sync', conversations: [{ id: conversationId, after: page.head }] });
    await mine.frame('replay', ({ done }) => done);
    expect(mine.all('message')).toEqual([]);
    await mine.close();
  });

  test('[R6] that comes back learns which conversations changed, and what is its own', async () => {
    const before = await open(customer);
    const { cursor, position } = await before.frame('ready');
    await before.close();
    const seq = await send(agent, 'you missed this');
    await api(node.url, customer.token).post(`/api/conversations/${conversationId}/read`, { seq });
    const back = await open(customer, cursor);
    const ready = await back.frame('ready');
    expect(ready).toMatchObject({
      heads: [{ id: conversationId, lastSeq: seq }],
      more: false,
      position,
    });
    const done = await back.frame('replay', (one) => one.done);
    expect(done).toEqual({ type: 'replay', from: position, to: position + 1, done: true });
    expect(back.all('membership')).toMatchObject([{ conversationId, readSeq: seq }]);
    await back.close();
  });

  test('[R3] [R4] whose cursor is not of this history has to load everything anew', async () => {
    const before = await open(customer);
    const here = decodeCursor((await before.frame('ready')).cursor);
    await before.close();
    if (here?.kind !== 'user') throw new Error('A user session has a cursor of its own kind');
    for (const [reason, wrong] of [
      ['ahead', { ...here, position: here.position + 5 }],
      ['epoch', { ...here, epoch: 'other' }],
    ] as const) {
      const back = await open(customer, encodeCursor(wrong));
      expect(await back.frame('resync')).toEqual({ type: 'resync', reason });
      await back.close();
    }
  });
});

describe('a stream of server-sent events', () => {
  const listen = (options: Partial<Parameters<typeof openStream>[1]> = {}) =>
    openStream(node.url, { token: customer.token, conversationId, ...options });

  test('[C1] [C6] is refused as a socket is', async () => {
    expect((await api(node.url).get('/sse')).status).toBe(401);
    const headers = { origin: 'https://evil.example' };
    const stream = await listen({ headers });
    expect(stream.response.statusCode).toBe(403);
    await stream.close();
  });

  test('[C11] takes no command of somebody else, and none without its connection', async () => {
    const stream = await listen();
    const { connectionId } = await stream.frame('ready');
    const post = (query: string) =>
      api(node.url, agent.token).post(`/frames?${query}`, { type: 'ping' });
    expect((await post(`connection=${connectionId}`)).status).toBe(404);
    expect((await post('connection=short')).status).toBe(400);
    expect((await post('')).status).toBe(400);
    expect((await api(node.url).post(`/frames?connection=${connectionId}`)).status).toBe(401);
    await stream.close();
  });

  test('[C10] passes proxies unbuffered, and pages of allowed origins', async () => {
    const stream = await listen({ headers: { origin: 'https://shop.example' } });
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': 'https://shop.example',
    });
    expect(stream.response.headers['content-encoding']).toBeUndefined();
    expect(stream.comments[0]).toBe('open');
    await stream.close();
  });

  test('[R8] carries ids on `ready` and what is durable, and goes on after the last of them', async () => {
    const stream = await listen();
    const first = await send(agent, 'one');
    await stream.frame('message', ({ seq }) => seq === first);
    await api(node.url, agent.token).post(`/frames?connection=${'0'.repeat(32)}`, {
      type: 'typing',
      conversationId,
    });
    await stream.frame('typing');
    const withId = stream.events.filter(({ id }) => id !== undefined);
    expect(new Set(withId.map(({ frame }) => frame.type))).toEqual(
      new Set(['ready', 'participant', 'message']),
    );
    const last = withId.at(-1)?.id as string;
    await stream.close();
    const second = await send(agent, 'two');
    const back = await listen({ after: '0', headers: { 'last-event-id': last } });
    await back.frame('replay', ({ done }) => done);
    const bodies = back.frames.filter(
      (frame): frame is FrameOf<'message'> => frame.type === 'message',
    );
    expect(bodies.map(({ seq }) => seq)).toEqual([second]);
    expect(back.events.at(-1)).toMatchObject({ id: expect.any(String), frame: { done: true } });
    await back.close();
  });

  test('[R8] goes on after the newer of `Last-Event-ID` and `after`, as an EventSource sends both', async () => {
    const [older, newer] = [await send(agent, 'one'), await send(agent, 'two')];
    const resumed = async (last: string, after?: number) => {
      const headers = { 'last-event-id': last };
      const stream = await listen({ ...(after !== undefined && { after: `${after}` }), headers });
      const { from } = await stream.frame('replay', ({ done }) => done);
      await stream.close();
      return from;
    };
    expect(await resumed(`${newer}`, older)).toBe(newer);
    expect(await resumed(`${older}`, newer)).toBe(newer);
    expect(await resumed('of another service', newer)).toBe(newer);
    expect(await resumed(`${older}`)).toBe(older);
    const refused = await listen({ headers: { 'last-event-id': 'of another service' } });
    expect(refused.response.statusCode).toBe(400);
    await refused.close();
  });

  test('[R3] [R5] a cursor of another conversation is no place in this one', async () => {
    const { id } = await openDirect(node.url, customer, agent);
    for (const body of ['one', 'two', 'three']) await send(agent, body, id);
    const other = await connect(node.url, { token: customer.token, conversationId: id });
    const { cursor } = await other.frame('ready');
    await other.close();
    const ahead = await listen({ after: cursor });
    expect(await ahead.frame('resync')).toMatchObject({ reason: 'ahead' });
    for (const body of ['one', 'two', 'three']) await send(agent, body);
    const within = await listen({ after: cursor });
    expect(await within.frame('resync')).toMatchObject({ reason: 'history' });
    await Promise.all([ahead.close(), within.close()]);
  });

  test('[R8] of a user session has an id on `ready` alone', async () => {
    const stream = await openStream(node.url, { token: customer.token });
    await send(agent, 'one');
    await stream.frame('message');
    expect(stream.events.map(({ id }) => id !== undefined).lastIndexOf(true)).toBe(0);
    await stream.close();
  });
});
