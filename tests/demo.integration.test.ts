import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEMO_LOGINS, DEMO_PASSWORD, DEMO_WIDGET_KEY, seedDemo } from '../src/demo.js';
import { seed } from '../src/seed.js';
import { api } from './support/api.js';
import { cloneDatabase, emptyDatabase, type TestDatabase } from './support/database.js';
import { startNode, type TestNode } from './support/node.js';

let database: TestDatabase;
let node: TestNode;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

async function rows() {
  const { prisma } = node.database;
  const [businesses, users, accounts, members] = await Promise.all([
    prisma.business.findMany(),
    prisma.user.findMany({ orderBy: { externalId: 'asc' } }),
    prisma.account.findMany({ orderBy: { email: 'asc' } }),
    prisma.businessMember.findMany({ orderBy: { userId: 'asc' } }),
  ]);
  return { businesses, users, accounts, members };
}

test('seeded by three nodes at once it is there once', async () => {
  await Promise.all(Array.from({ length: 3 }, () => seedDemo(node.database.prisma)));
  const { businesses, users, accounts, members } = await rows();
  expect([businesses, users, accounts, members].map(({ length }) => length)).toEqual([1, 3, 3, 2]);
});

test('seeded again it leaves everything as it is, also what was changed', async () => {
  const where = { widgetKey: DEMO_WIDGET_KEY };
  await node.database.prisma.business.update({ where, data: { name: 'Renamed' } });
  const before = await rows();
  await seedDemo(node.database.prisma);
  expect(await rows()).toEqual(before);
});

test.each(DEMO_LOGINS)('$email signs in as $name', async ({ email, name, role, staffAs }) => {
  const answer = await api(node.url).post('/api/auth/login', { email, password: DEMO_PASSWORD });
  expect(answer.status).toBe(200);
  expect(answer.body.user).toMatchObject({ name, role, email });
  expect(answer.body.user.businesses.map((one: { role: string }) => one.role)).toEqual(
    staffAs ? [staffAs] : [],
  );
});

test('the seed brings an empty database up to date first', async () => {
  const empty = await emptyDatabase();
  await seed(empty.url, 'prisma/migrations');
  const other = await startNode({ databaseUrl: empty.url });
  const answer = await api(other.url).get(`/api/widget/config?key=${DEMO_WIDGET_KEY}`);
  expect(answer.body).toMatchObject({ name: 'Savanna Crafts', brandColor: '#a64a20' });
  await other.stop();
  await empty.drop();
});
