import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { FrameOf } from '../../src/protocol/frames.js';
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
  platformToken,
} from '../support/people.js';
import { isolateRedis, ownRedis } from '../support/redis.js';
import { connect, type TestSocket } from '../support/socket.js';
import { openStream } from './streams.js';

let database: TestDatabase;
let one: TestNode;
let two: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  const redis = await isolateRedis();
  one = await startNode({ databaseUrl: database.url, redis });
  two = await startNode({ databaseUrl: database.url, redis });
  business = await createBusiness(one.database);
});
beforeEach(async () => {
  customer = await meet(one.url, { name: 'Amara Osei' });
  agent = await meetAgent(one.url, business);
  conversationId = (await openSupport(one.url, customer, business)).id;
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await database.drop();
});

const isOf =
  (userId: string, status: string) =>
  (frame: FrameOf<'status'>): boolean =>
    'userId' in frame && frame.userId === userId && frame.status === status;

describe('two nodes that share Redis', () => {
  test('[O6] messages, typing and status of one reach the other', async () => {
    const mine = await connect(one.url, { token: customer.token, conversationId });
    const theirs = await connect(two.url, { token: agent.token, conversationId });
    const inbox = await connect(two.url, { token: agent.token });
    mine.send({ type: 'typing' });
    mine.send({ type: 'status', status: 'away' });
    mine.send({ type: 'message', body: 'from one' });
    theirs.send({ type: 'message', body: 'from two' });
    for (const socket of [mine, theirs, inbox])
      for (const body of ['from one', 'from two'])
        await socket.frame('message', (message) => message.body === body);
    const order = ({ frames }: TestSocket) =>
      frames.flatMap((frame) => (frame.type === 'message' ? [frame.seq] : []));
    expect(order(theirs)).toEqual(order(mine));
    expect(await theirs.frame('typing')).toMatchObject({ userId: customer.id, active: true });
    await theirs.frame('status', isOf(customer.id, 'away'));
    await Promise.all([mine, theirs, inbox].map((socket) => socket.close()));
  });

  test('[C10] commands posted to the other node than the stream’s have their effect on it', async () => {
    const { token } = customer;
    const stream = await openStream(one.url, { token, conversationId, uplink: two.url });
    const theirs = await connect(two.url, { token: agent.token, conversationId });
    const ack = await stream.post({ type: 'message', id: '1', conversationId, body: 'over there' });
    expect(ack).toMatchObject([{ type: 'ack', id: '1', duplicate: false }]);
    await stream.frame('message', ({ body }) => body === 'over there');
    await stream.post({ type: 'typing', conversationId });
    await theirs.frame('typing', ({ userId }) => userId === customer.id);
    await stream.post({ type: 'status', status: 'away' });
    await theirs.frame('status', isOf(customer.id, 'away'));
    expect(await stream.post({ type: 'message', body: 'where?' })).toMatchObject([
      { type: 'error', code: 'bad_frame' },
    ]);
    theirs.send({ type: 'typing' });
    await stream.frame('typing', ({ userId }) => userId === agent.id);
    expect(stream.frames.filter(({ type }) => type === 'typing')).toHaveLength(1);
    await Promise.all([stream.close(), theirs.close()]);
  });

  test('[C10] [P3] a sync posted to the other node is answered there, and its people are watched here', async () => {
    const stream = await openStream(one.url, { token: customer.token, uplink: two.url });
    const conversations = [{ id: conversationId, after: 0 }];
    const frames = await stream.post({ type: 'sync', id: 's', conversations });
    expect(frames.at(-1)).toMatchObject({ type: 'replay', id: 's', done: true });
    const guest = await connect(two.url, { token: customer.token, conversationId });
    guest.send({ type: 'status', status: 'online' });
    await stream.frame('status', isOf(customer.id, 'online'));
    await Promise.all([stream.close(), guest.close()]);
  });

  test('[H3] [C11] a token renewed at the other node counts here, and somebody else’s does nothing', async () => {
    const sub = `renewed-${conversationId}`;
    const short = Math.floor(Date.now() / 1_000) + 90;
    const person = await meet(one.url, { sub, exp: short });
    const stream = await openStream(one.url, { token: person.token, uplink: two.url });
    const token = platformToken({ sub, name: 'Somebody' });
    expect(await stream.post({ type: 'auth', id: 'a', token })).toMatchObject([
      { type: 'auth', id: 'a', expiring: false },
    ]);
    const { connectionId } = await stream.frame('ready');
    const theirs = await api(two.url, agent.token).post(`/frames?connection=${connectionId}`, {
      type: 'auth',
      token: agent.token,
    });
    expect(theirs.status).toBe(200);
    expect(await stream.post({ type: 'auth', id: 'b', token: agent.token })).toMatchObject([
      { type: 'error', id: 'b', code: 'forbidden' },
    ]);
    expect(await stream.post({ type: 'ping', id: 'p' })).toEqual([{ type: 'pong', id: 'p' }]);
    await stream.close();
  });

  test('[S2] 100 racing repeats over both nodes and transports make one message, and one of them made it', async () => {
    const sockets = await Promise.all(
      [one, two].map(({ url }) => connect(url, { token: customer.token, conversationId })),
    );
    const clientId = 'the-one';
    const body = 'Only once, please';
    const byRest = Array.from({ length: 50 }, async (_, n) => {
      const { url } = n % 2 === 0 ? one : two;
      const path = `/api/conversations/${conversationId}/messages`;
      const answer = await api(url, customer.token).post(path, { body, clientId });
      return { seq: answer.body.seq as number, fresh: answer.status === 201 };
    });
    const bySocket = Array.from({ length: 50 }, async (_, n) => {
      const socket = sockets[n % 2] as TestSocket;
      socket.send({ type: 'message', id: `${n}`, clientId, body });
      const { seq, duplicate } = await socket.frame('ack', ({ id }) => id === `${n}`);
      return { seq, fresh: !duplicate };
    });
    const answers = await Promise.all([...byRest, ...bySocket]);
    expect(new Set(answers.map(({ seq }) => seq)).size).toBe(1);
    expect(answers.filter(({ fresh }) => fresh)).toHaveLength(1);
    expect(await one.database.prisma.message.count({ where: { conversationId } })).toBe(1);
    for (const socket of sockets) {
      await socket.settled();
      expect(socket.all('message')).toHaveLength(1);
      await socket.close();
    }
  });
});

/** What is not stored gets through again. */
async function reaches(from: TestSocket, to: TestSocket): Promise<void> {
  const before = to.all('typing').length;
  while (to.all('typing').length === before) {
    from.send({ type: 'typing' });
    await Promise.all([from.settled(), to.settled()]);
  }
}

describe('two nodes whose Redis is away', () => {
  test('[O3] [S1] sends are acknowledged, sessions live, and the other node finds them by its sweep', async () => {
    const redis = await ownRedis();
    const shared = { url: redis.url, prefix: 'p' };
    const [near, far] = await Promise.all(
      [0, 1].map(() => startNode({ databaseUrl: database.url, redis: shared })),
    );
    if (!near || !far) throw new Error('Two nodes were started');
    const mine = await connect(near.url, { token: customer.token, conversationId });
    const theirs = await connect(far.url, { token: agent.token, conversationId });
    const inbox = await connect(far.url, { token: agent.token });
    mine.send({ type: 'message', body: 'heard' });
    await theirs.frame('message', ({ body }) => body === 'heard');

    await redis.stop();
    mine.send({ type: 'message', body: 'not heard' });
    mine.send({ type: 'typing' });
    const { seq } = await mine.frame('ack', (ack) => ack.seq > 3);
    await mine.frame('message', ({ body }) => body === 'not heard');
    await theirs.frame('message', ({ body }) => body === 'not heard');
    expect(await theirs.frame('replay', ({ done }) => done)).toMatchObject({ to: seq });
    await inbox.frame('ping', ({ heads }) =>
      heads.some(({ id, lastSeq }) => id === conversationId && lastSeq === seq),
    );

    await redis.start();
    await Promise.all([reaches(mine, theirs), reaches(theirs, mine)]);
    await Promise.all([mine, theirs, inbox].map((socket) => socket.close()));
    await Promise.all([near.stop(), far.stop()]);
    await redis.stop();
  }, 30_000);
});

describe('presence over two nodes', () => {
  /** What somebody is told who comes now. */
  const statusOf = async (node: TestNode, person: Person): Promise<string> => {
    const socket = await connect(node.url, { token: agent.token, conversationId });
    const { status } = await socket.frame(
      'status',
      (frame) => 'userId' in frame && frame.userId === person.id,
    );
    await socket.close();
    return status;
  };

  test('[P2] of somebody on both is the best of the two, and outlasts the end of one', async () => {
    const [here, there] = await Promise.all(
      [one, two].map(({ url }) => connect(url, { token: customer.token, conversationId })),
    );
    const theirs = await connect(two.url, { token: agent.token, conversationId });
    const said = theirs.next('status', isOf(customer.id, 'online'));
    here?.send({ type: 'status', status: 'away' });
    await said;
    expect(await statusOf(two, customer)).toBe('online');
    there?.send({ type: 'status', status: 'away' });
    await theirs.frame('status', isOf(customer.id, 'away'));
    const back = theirs.next('status', isOf(customer.id, 'online'));
    there?.send({ type: 'status', status: 'online' });
    await back;
    await here?.close();
    expect(await statusOf(two, customer)).toBe('online');
    await Promise.all([there, theirs].map((socket) => socket?.close()));
  });

  test('[P5] is back by the next renewal when Redis was flushed, and messages never noticed', async () => {
    const redis = await ownRedis();
    const shared = { url: redis.url, prefix: 'p' };
    const [near, far] = (await Promise.all(
      [0, 1].map(() => startNode({ databaseUrl: database.url, redis: shared })),
    )) as [TestNode, TestNode];
    const mine = await connect(near.url, { token: customer.token, conversationId });
    const theirs = await connect(far.url, { token: agent.token, conversationId });
    await theirs.frame('status', isOf(customer.id, 'online'));
    await redis.stop();
    await redis.start();
    mine.send({ type: 'message', body: 'still here' });
    await mine.frame('ack');
    const store = new Redis(redis.url);
    while (!(await store.exists(`p:presence:user:${customer.id}`))) await mine.settled();
    store.disconnect();
    expect(await statusOf(far, customer)).toBe('online');
    await Promise.all([mine.close(), theirs.close()]);
    await Promise.all([near.stop(), far.stop()]);
    await redis.stop();
  }, 60_000);

  test('[P5] [E9] a node that stops leaves its people the grace to come back elsewhere', async () => {
    const redis = await isolateRedis();
    const [goes, stays] = (await Promise.all(
      [0, 1].map(() => startNode({ databaseUrl: database.url, redis })),
    )) as [TestNode, TestNode];
    const mine = await connect(goes.url, { token: customer.token, conversationId });
    const guest = await meet(goes.url);
    const theirs = await connect(stays.url, { token: agent.token, conversationId });
    await theirs.frame('status', isOf(customer.id, 'online'));
    const gone = await connect(goes.url, { token: guest.token });
    await gone.settled();
    await goes.stop();
    expect(await statusOf(stays, customer)).toBe('online');
    const again = await connect(stays.url, { token: customer.token, conversationId });
    const seen = async () =>
      (await stays.database.prisma.user.findUnique({ where: { id: guest.id } }))?.lastSeenAt;
    while (!(await seen())) await again.settled();
    expect(theirs.all('status').filter(isOf(customer.id, 'offline')).length).toBeLessThanOrEqual(1);
    expect(await statusOf(stays, customer)).toBe('online');
    await Promise.all([mine, again, theirs].map((socket) => socket.close()));
    await stays.stop();
  }, 60_000);
});
