import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../../src/platform/database.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { silent } from '../../support/log.js';
import { TEST_SECRET } from '../../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openSupport,
  type Person,
} from '../../support/people.js';
import { type ProcessNode, startProcessNode } from '../../support/process-node.js';
import { isolateRedis } from '../../support/redis.js';
import { connect, type TestSocket } from '../../support/socket.js';

const PEOPLE = 200;
/** Of one watcher: what one `sync` may name. */
const WATCHED = 100;
/** These are connected to the other node as well. */
const ELSEWHERE = 10;
const CONVERGED_MS = 60_000;

interface Customer extends Person {
  readonly conversationId: string;
}

let target: TestDatabase;
let database: Database;
let doomed: ProcessNode;
let other: ProcessNode;
let business: Business;

beforeAll(async () => {
  target = await cloneDatabase();
  database = openDatabase({ url: target.url, max: 2, log: silent });
  business = await createBusiness(database);
  const redis = await isolateRedis();
  const env = {
    DATABASE_URL: target.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    JWT_SECRET: TEST_SECRET,
    DRAIN_MS: '0',
    LIMIT_MESSAGES_BURST: '100000',
    LIMIT_REQUESTS_PER_MINUTE: '1000000',
  };
  [doomed, other] = await Promise.all([startProcessNode(env), startProcessNode(env)]);
});
afterAll(async () => {
  await other.stop();
  await database.close();
  await target.drop();
});

test('[P5] hundreds of people of a node that is killed are offline for all who watch them within a minute', async () => {
  const customers = await several(PEOPLE, async () => {
    const person = await meet(other.url);
    const { id: conversationId } = await openSupport(other.url, person, business);
    return { ...person, conversationId };
  });
  const [lucky, lost] = [customers.slice(0, ELSEWHERE), customers.slice(ELSEWHERE)];
  await several(customers.length, (n) => enter(doomed, customers[n] as Customer));
  const saved = await Promise.all(lucky.map((customer) => enter(other, customer)));
  const agent = await meetAgent(other.url, business);
  const watchers = await several(PEOPLE / WATCHED, (n) =>
    watch(agent, customers.slice(n * WATCHED, (n + 1) * WATCHED)),
  );
  for (const watcher of watchers)
    expect(watcher.all('status').filter(({ status }) => status === 'offline')).toEqual([]);

  const killedAt = Date.now();
  await doomed.kill();
  const owner = (customer: Customer) =>
    watchers[Math.floor(customers.indexOf(customer) / WATCHED)] as TestSocket;
  const told = await Promise.all(
    lost.map((customer) => owner(customer).frame('status', isOffline(customer))),
  );
  expect(Date.now() - killedAt).toBeLessThan(CONVERGED_MS);

  // Seen last while their node lived, and stored as it was told.
  const rows = await database.prisma.user.findMany({
    where: { id: { in: lost.map(({ id }) => id) } },
    select: { id: true, lastSeenAt: true },
  });
  const stored = new Map(rows.map(({ id, lastSeenAt }) => [id, lastSeenAt?.toISOString()]));
  for (const [index, { id }] of lost.entries()) {
    const { lastSeenAt } = told[index] as { lastSeenAt?: string | null };
    expect(stored.get(id)).toBe(lastSeenAt);
    expect(Date.parse(lastSeenAt ?? '')).toBeLessThanOrEqual(killedAt);
  }

  // Nobody is stuck, and nobody has gone who is elsewhere.
  const look = await watch(agent, customers.slice(0, WATCHED));
  const present = look
    .all('status')
    .flatMap((frame) => ('userId' in frame && frame.status === 'online' ? [frame.userId] : []));
  expect(present.sort()).toEqual(lucky.map(({ id }) => id).sort());
  const frames = watchers.flatMap((watcher) => watcher.all('status'));
  for (const customer of lucky) expect(frames.filter(isOffline(customer))).toEqual([]);
  for (const customer of lost) expect(frames.filter(isOffline(customer))).toHaveLength(1);
  await Promise.all([...watchers, ...saved, look].map((socket) => socket.close()));
}, 180_000);

const isOffline =
  ({ id }: Person) =>
  (frame: { status: string }) =>
    'userId' in frame && frame.userId === id && frame.status === 'offline';

/** Answers pings: a silent peer would be closed before the lease has run out. */
async function enter(node: ProcessNode, { token }: Person): Promise<TestSocket> {
  const socket = await connect(node.url, { token });
  socket.raw.on('message', (data) => {
    if (JSON.parse(data.toString()).type === 'ping') socket.send({ type: 'pong' });
  });
  return socket;
}

async function watch(agent: Person, customers: readonly Customer[]): Promise<TestSocket> {
  const socket = await enter(other, agent);
  const conversations = customers.map(({ conversationId: id }) => ({ id, after: 0 }));
  socket.send({ type: 'sync', conversations });
  await Promise.all(
    conversations.map(({ id }) =>
      socket.frame('replay', ({ conversationId, done }) => done && conversationId === id),
    ),
  );
  return socket;
}

/** Twenty at a time. */
async function several<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += 20) {
    const some = Array.from({ length: Math.min(20, count - from) }, (_, n) => make(from + n));
    made.push(...(await Promise.all(some)));
  }
  return made;
}
