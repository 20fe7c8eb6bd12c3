import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { type NodeOptions, startNode, type TestNode } from '../support/node.js';
import { createBusiness, meet, meetAgent, openSupport } from '../support/people.js';
import { isolateRedis } from '../support/redis.js';
import { connect } from '../support/socket.js';

const INTERVALS = { leaseMs: 1_000, sweepMs: 600_000, degradedSweepMs: 50 };

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.drop());

const start = (options: Partial<NodeOptions> = {}) =>
  startNode({ databaseUrl: database.url, intervals: INTERVALS, ...options });

async function reports({ url }: TestNode, degraded: string | undefined): Promise<void> {
  while ((await api(url).get('/health')).body.degraded !== degraded);
}

/** Renewed so many times from now on. */
async function renewals({ database: { prisma } }: TestNode, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const before = await prisma.node.findFirstOrThrow({ orderBy: { renewedAt: 'desc' } });
    while ((await prisma.node.count({ where: { renewedAt: { gt: before.renewedAt } } })) === 0);
  }
}

test('a node that lacks Redis by mistake says so, and is heard all the same; when it leaves, all is well', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const redis = await isolateRedis();
  const whole = await start({ redis });
  const lacking = await start({ log });
  await Promise.all([reports(lacking, 'no bus'), reports(whole, 'no bus')]);
  expect(lines.filter((line) => line.includes('set REDIS_URL on all nodes'))).toHaveLength(1);

  const business = await createBusiness(whole.database);
  const customer = await meet(whole.url);
  const agent = await meetAgent(whole.url, business);
  const conversationId = (await openSupport(whole.url, customer, business)).id;
  const mine = await connect(whole.url, { token: customer.token, conversationId });
  const theirs = await connect(lacking.url, { token: agent.token, conversationId });
  mine.send({ type: 'message', body: 'one way' });
  theirs.send({ type: 'message', body: 'and back' });
  for (const socket of [mine, theirs])
    for (const text of ['one way', 'and back'])
      await socket.frame('message', ({ body }) => body === text);
  await Promise.all([mine.close(), theirs.close()]);

  await lacking.stop();
  await reports(whole, undefined);
  expect(await whole.database.prisma.node.count()).toBe(1);
  await whole.stop();
}, 30_000);

test('nodes that share Redis, and one that is alone, have nothing to say', async () => {
  const redis = await isolateRedis();
  const [one, other] = await Promise.all([start({ redis }), start({ redis })]);
  await renewals(one, 3);
  for (const node of [one, other]) {
    expect((await api(node.url).get('/health')).body).not.toHaveProperty('degraded');
    await node.stop();
  }
}, 30_000);

test('what a node that died has left behind is no other node, and is cleared away when it has run out', async () => {
  const ghost = { sharesBus: false, startedAt: new Date(0), renewedAt: new Date(0) };
  const alone = await start();
  const held = randomUUID();
  const rows = alone.database.prisma.node;
  await rows.create({ data: { ...ghost, id: held, expiresAt: new Date('2999-01-01') } });
  await rows.create({ data: { ...ghost, id: randomUUID(), expiresAt: new Date(0) } });
  await renewals(alone, 2);
  expect((await api(alone.url).get('/health')).body).not.toHaveProperty('degraded');
  expect(await rows.count({ where: { startedAt: new Date(0) } })).toBe(1);
  await alone.stop();
}, 30_000);
