import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FrameOf } from '../../src/protocol/frames.js';
import { decodeCursor } from '../../src/realtime/cursor.js';
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
import { isolateRedis } from '../support/redis.js';
import { connect } from '../support/socket.js';
import { newConnection, type PollAnswer, poll, TestPoller } from './polls.js';

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
  [one, two] = await Promise.all([
    startNode({ databaseUrl: database.url, redis }),
    startNode({ databaseUrl: database.url, redis }),
  ]);
  business = await createBusiness(one.database);
});
beforeEach(async () => {
  customer = await meet(one.url);
  agent = await meetAgent(one.url, business);
  conversationId = (await openSupport(one.url, customer, business)).id;
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await database.drop();
});

const send = async (body: string, url = two.url, who = agent): Promise<number> => {
  const path = `/api/conversations/${conversationId}/messages`;
  return (await api(url, who.token).post(path, { body })).body.seq as number;
};
const head = async () => {
  const { cursor } = await poll(one.url, { token: customer.token, conversationId });
  return cursor as string;
};
const bodies = ({ frames }: Pick<PollAnswer, 'frames'>) =>
  frames.flatMap((frame) => (frame.type === 'message' ? [frame.body] : []));
const last = <T extends 'ping' | 'close'>({ frames }: PollAnswer, type: T) =>
  frames.findLast((frame): frame is FrameOf<T> & { type: T } => frame.type === type);

describe('a poll', () => {
  test('[L2] without a cursor is answered at once with where things stand', async () => {
    const { frames, cursor } = await poll(one.url, { token: customer.token, conversationId });
    const [ready] = frames as [FrameOf<'ready'>];
    expect(ready).toMatchObject({ type: 'ready', conversationId, user: { id: customer.id } });
    expect(cursor).toBe(ready.cursor);
  });

  test('[L1] answers for the connection that the client has chosen', async () => {
    const connection = newConnection();
    const { frames } = await poll(two.url, { token: customer.token, connection });
    expect(frames[0]).toMatchObject({ type: 'ready', connectionId: connection });
  });

  test('[L2] [L3] with a cursor brings what was missed, or waits for what comes', async () => {
    const options = { token: customer.token, conversationId };
    const before = await head();
    await send('missed');
    const missed = await poll(one.url, { ...options, after: before });
    expect(bodies(missed)).toEqual(['missed']);
    const waiting = poll(one.url, { ...options, after: missed.cursor as string });
    for (let n = 0; n < 5; n++) await api(one.url, customer.token).get('/api/me');
    await send('awaited');
    expect(bodies(await waiting)).toEqual(['awaited']);
  });

  test('[L3] of a conversation session: every message once and in order, whatever nodes are polled and posted to', async () => {
    const poller = new TestPoller([one.url, two.url], {
      token: customer.token,
      conversationId,
      after: await head(),
    });
    const lines = Array.from({ length: 60 }, (_, n) => `line ${n}`);
    for (const [n, line] of lines.entries()) await send(line, n % 3 ? one.url : two.url);
    await poller.frame('message', ({ body }) => body === lines.at(-1));
    expect(bodies(poller)).toEqual(lines);
    expect(poller.polls).toBeGreaterThan(1);
    await poller.close();
  });

  test('[L4] of a user session tells what has changed, once, and then waits', async () => {
    const options = { token: customer.token };
    const first = await poll(one.url, options);
    const seq = await send('one');
    const second = await poll(two.url, { ...options, after: first.cursor as string });
    expect(last(second, 'ping')).toMatchObject({
      heads: expect.arrayContaining([{ id: conversationId, lastSeq: seq }]),
      cursor: second.cursor,
    });
    let answered = false;
    const third = poll(one.url, { ...options, after: second.cursor as string }).finally(() => {
      answered = true;
    });
    for (let n = 0; n < 10; n++) await api(one.url, customer.token).get('/api/me');
    expect(answered).toBe(false);
    const next = await send('two');
    expect(last(await third, 'ping')?.heads).toContainEqual({ id: conversationId, lastSeq: next });
  });

  test('[L3] [U1] of a user session brings the own stream without a hole', async () => {
    const options = { token: customer.token };
    const seq = await send('one');
    const first = await poll(one.url, options);
    await api(two.url, customer.token).post(`/api/conversations/${conversationId}/read`, { seq });
    const second = await poll(two.url, { ...options, after: first.cursor as string });
    const own = second.frames.filter(({ type }) => type === 'membership');
    expect(own).toMatchObject([{ conversationId, readSeq: seq }]);
    const third = poll(one.url, { ...options, after: second.cursor as string });
    const again = await send('two');
    await third;
    await api(two.url, customer.token).post(`/api/conversations/${conversationId}/read`, {
      seq: again,
    });
    const fourth = await poll(one.url, { ...options, after: (await third).cursor as string });
    const readSeqs = [...(await third).frames, ...fourth.frames].flatMap((frame) =>
      frame.type === 'membership' ? [frame.readSeq] : [],
    );
    expect([...new Set(readSeqs)]).toEqual([again]);
  });

  test('[L2] [R3] that cannot go on from its cursor is answered at once', async () => {
    const options = { token: customer.token, conversationId, after: '2000000000' };
    const answer = await poll(one.url, options);
    expect(answer.frames[1]).toMatchObject({ type: 'resync', reason: 'ahead' });
    expect(decodeCursor(answer.cursor as string)?.position).toBeLessThan(100);
  });

  test('[L5] brings who types while it waits, and presence with every answer', async () => {
    const after = await head();
    const waiting = poll(one.url, { token: customer.token, conversationId, after });
    const typing = { type: 'typing', conversationId };
    let isAnswered = false;
    waiting.finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      await api(two.url, agent.token).post(`/frames?connection=${newConnection()}`, typing);
    }
    const types = (await waiting).frames.map(({ type }) => type);
    expect(types).toContain('typing');
    expect(types).toContain('status');
  });

  test('[L6] shows its sender as online', async () => {
    const watcher = await connect(two.url, { token: agent.token, conversationId });
    const poller = new TestPoller([one.url, two.url], { token: customer.token });
    await watcher.frame(
      'status',
      (frame) => 'userId' in frame && frame.userId === customer.id && frame.status === 'online',
    );
    await Promise.all([poller.close(), watcher.close()]);
  });

  test('[L7] is refused when the token has ended or the conversation is not there', async () => {
    const token = platformToken({ sub: 'late', exp: Math.floor(Date.now() / 1_000) - 31 });
    const stranger = await meet(one.url);
    const at = `/poll?connection=${newConnection()}&conversationId=${conversationId}`;
    const refusal = async (as: string) => (await api(one.url, as).get(at)).status;
    expect([await refusal(token), await refusal(stranger.token)]).toEqual([401, 404]);
    const none = await api(one.url, customer.token).get('/poll');
    expect([none.status, none.body.code]).toEqual([400, 'bad_request']);
  });

  test('[L8] that waits at a node which stops is answered with when to come back', async () => {
    const env = { DRAIN_MS: '20' };
    const leaving = await startNode({ databaseUrl: database.url, env });
    const watcher = await connect(leaving.url, { token: agent.token, conversationId });
    const { cursor } = await watcher.frame('ready');
    const waiting = poll(leaving.url, { token: customer.token, conversationId, after: cursor });
    await watcher.frame(
      'status',
      (frame) => 'userId' in frame && frame.userId === customer.id && frame.status === 'online',
    );
    await leaving.stop();
    const { frames } = await waiting;
    expect(frames.slice(-2)).toMatchObject([
      { type: 'reconnect', reason: 'restart' },
      { type: 'close', code: 1012 },
    ]);
  });

  test('[L9] ends the one before it of the same connection', async () => {
    const options = { token: customer.token, conversationId, connection: newConnection() };
    const after = await head();
    const both = [poll(one.url, { ...options, after }), poll(one.url, { ...options, after })];
    const ended = await Promise.race(both);
    expect(last(ended, 'close')).toEqual({ type: 'close', code: 1000, reason: 'done' });
    await send('for the other');
    expect((await Promise.all(both)).flatMap(bodies)).toEqual(['for the other']);
  });

  test('[L9] [C11] for a connection of somebody else is refused', async () => {
    const connection = newConnection();
    const options = { token: customer.token, conversationId, connection, after: await head() };
    const waiting = poll(one.url, options);
    const stranger = await meet(one.url);
    const path = `/poll?connection=${connection}`;
    for (let status = 200; status !== 404; ) {
      ({ status } = await api(one.url, stranger.token).get(path));
    }
    await send('the end');
    expect(bodies(await waiting)).toEqual(['the end']);
  });
});
