import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { startNode, type TestNode } from '../support/node.js';
import { type Business, createBusiness, meet, meetAgent, openSupport } from '../support/people.js';
import { type OwnRedis, ownRedis } from '../support/redis.js';
import { connect, type TestSocket } from '../support/socket.js';

const PREFIX = 'p';
const INTERVALS = { canaryMs: 100, sweepMs: 1_000, degradedSweepMs: 100 };

let database: TestDatabase;
let redis: OwnRedis;
let operator: Redis;
let proxies: FaultProxy[];
let nodes: TestNode[];
let near: TestNode;
let far: TestNode;
let business: Business;
let mine: TestSocket;
let theirs: TestSocket;
let said: number;

beforeAll(async () => {
  database = await cloneDatabase();
  redis = await ownRedis();
  operator = new Redis(redis.url);
  operator.on('error', () => {});
  proxies = await Promise.all([startFaultProxy(redis.port), startFaultProxy(redis.port)]);
  nodes = await Promise.all(
    proxies.map(({ port }) =>
      startNode({
        databaseUrl: database.url,
        redis: { url: `redis://127.0.0.1:${port}`, prefix: PREFIX },
        intervals: INTERVALS,
      }),
    ),
  );
  [near, far] = nodes as [TestNode, TestNode];
  business = await createBusiness(near.database);
});

beforeEach(async () => {
  said = 0;
  const customer = await meet(near.url, { name: 'Amara Osei' });
  const agent = await meetAgent(near.url, business);
  const conversationId = (await openSupport(near.url, customer, business)).id;
  mine = await connect(near.url, { token: customer.token, conversationId });
  theirs = await connect(far.url, { token: agent.token, conversationId });
});

afterEach(() => Promise.all([mine.close(), theirs.close()]));

afterAll(async () => {
  operator.disconnect();
  await Promise.all(nodes.map((node) => node.stop()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await redis.stop();
  await database.drop();
});

const all = (fault: 'pass' | 'blackhole' | 'reset' | 'refuse' | 'slow', delayMs?: number) =>
  Promise.all(proxies.map((proxy) => proxy.set(fault, delayMs)));

/** Each is acknowledged, and the other node's session gets it. */
async function talk(count: number): Promise<void> {
  const last = said + count;
  for (; said < last; said++) mine.send({ type: 'message', id: `${said}`, body: `said ${said}` });
  for (let n = last - count; n < last; n++) await mine.frame('ack', ({ id }) => id === `${n}`);
  await theirs.frame('message', ({ body }) => body === `said ${last - 1}`);
}

async function degraded({ url }: TestNode, expected: 'bus down' | undefined): Promise<void> {
  for (;;) {
    const { status, body } = await api(url).get('/health');
    expect(status).toBe(200);
    if (body.degraded === expected) return;
  }
}

const allDegraded = (expected: 'bus down' | undefined) =>
  Promise.all(nodes.map((node) => degraded(node, expected)));

/** What is not stored gets through again, both ways. */
async function hintsArrive(): Promise<void> {
  for (const [from, to] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const before = to.all('typing').length;
    while (to.all('typing').length === before) {
      from.send({ type: 'typing' });
      await Promise.all([from.settled(), to.settled()]);
    }
  }
}

/** Both have everything that was said, once and in order. */
function expectWhole(): void {
  const expected = Array.from({ length: said }, (_, n) => `said ${n}`);
  for (const socket of [mine, theirs])
    expect(socket.all('message').map(({ body }) => body)).toEqual(expected);
}

interface Trouble {
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

/** Redis is away for the nodes in one way or another, for longer than it takes to notice. */
async function survive({ begin, end }: Trouble): Promise<void> {
  await hintsArrive();
  await talk(3);
  await begin();
  await talk(10);
  await allDegraded('bus down');
  await talk(10);
  await end();
  await talk(3);
  await allDegraded(undefined);
  await hintsArrive();
  await talk(3);
  expectWhole();
}

/** Subscriptions break and come back at once; what was published between is lost. */
async function surviveCut(cut: () => Promise<unknown>): Promise<void> {
  await hintsArrive();
  for (let n = 0; n < 3; n++) {
    await talk(3);
    const halves = [talk(10), cut()];
    await Promise.all(halves);
  }
  await allDegraded(undefined);
  await hintsArrive();
  await talk(3);
  expectWhole();
}

describe('two nodes go on, acknowledge and lose, double and reorder nothing, while Redis', () => {
  test('[O3] [S1] is killed, and comes back empty', async () => {
    await survive({ begin: () => redis.stop(), end: () => redis.start() });
  }, 30_000);

  test('[O3] [S1] is killed ten times under load', async () => {
    for (let n = 0; n < 10; n++) {
      await Promise.all([talk(5), redis.stop()]);
      await Promise.all([talk(5), redis.start()]);
    }
    await allDegraded(undefined);
    await hintsArrive();
    expectWhole();
  }, 60_000);

  test('[O3] [S1] answers nothing any more, and no connection breaks', async () => {
    await survive({ begin: () => all('blackhole'), end: () => all('pass') });
  }, 30_000);

  test('[O3] [S1] is reset by the network', async () => {
    await survive({ begin: () => all('reset'), end: () => all('pass') });
  }, 30_000);

  test('[O3] [S1] is refused by the network', async () => {
    await survive({ begin: () => all('refuse'), end: () => all('pass') });
  }, 30_000);

  test('[O3] [S1] is two seconds away', async () => {
    await survive({ begin: () => all('slow', 2_000), end: () => all('pass') });
  }, 45_000);

  test('[O3] [S1] is cut off from one node only', async () => {
    const proxy = proxies[1] as FaultProxy;
    await hintsArrive();
    await proxy.set('blackhole');
    await talk(10);
    await degraded(far, 'bus down');
    await degraded(near, undefined);
    await talk(10);
    await proxy.set('pass');
    await allDegraded(undefined);
    await hintsArrive();
    expectWhole();
  }, 30_000);

  test('[O3] is flushed', async () => {
    await surviveCut(() => operator.flushall());
  }, 30_000);

  test('[O3] has no memory left', async () => {
    await operator.config('SET', 'maxmemory-policy', 'noeviction');
    await operator.config('SET', 'maxmemory', '1mb');
    await expect(operator.set('one', 'more')).rejects.toThrow('OOM');
    await talk(20);
    await allDegraded(undefined);
    const late = await connect(far.url, { token: (await meet(far.url)).token });
    await late.close();
    await operator.config('SET', 'maxmemory', '0');
    await hintsArrive();
    expectWhole();
  }, 30_000);

  test('[O3] cuts the subscribers off', async () => {
    await surviveCut(() => operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
  }, 30_000);

  test('[O3] cuts off the subscribers that are too slow for it', async () => {
    await operator.config('SET', 'client-output-buffer-limit', 'pubsub 64kb 64kb 1');
    await surviveCut(() => operator.publish(`${PREFIX}:bus`, 'x'.repeat(500_000)));
    await operator.config('SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60');
  }, 30_000);
});
