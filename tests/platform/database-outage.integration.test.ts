import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/database.js';
import { toAppError } from '../../src/platform/errors.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';
import { type SilentProxy, startSilentProxy } from '../support/silent-proxy.js';

let target: TestDatabase;
let proxy: SilentProxy;
let database: Database;

beforeAll(async () => {
  target = await cloneDatabase();
  const url = new URL(target.url);
  proxy = await startSilentProxy({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${proxy.port}`;
  database = openDatabase({ url: url.href, max: 2, log: silent });
});

afterAll(async () => {
  await database.close();
  await proxy.stop();
  await target.drop();
});

const ask = () =>
  database.query<{ one: number }>({ name: 'one', text: 'select 1 as one', values: [] });
const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => ({ code: toAppError(error).code, said: (error as Error).message }),
  );

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a database that falls silent costs each waiting query its time limit, and then none: refused at once until it answers', async () => {
  expect(await ask()).toEqual([{ one: 1 }]);
  proxy.fallSilent();
  const first = await refusal(ask());
  expect(first?.code).toBe('unavailable');
  await until(async () => (await refusal(ask()))?.said === 'the database does not answer');
  expect(await refusal(database.prisma.user.count())).toMatchObject({ code: 'unavailable' });
  proxy.speakAgain();
  await until(async () => (await refusal(ask())) === null);
  expect(await database.prisma.user.count()).toBe(0);
}, 60_000);

test('a pool that slow queries exhaust refuses after its time limit, and recovers with them', async () => {
  const slow = Array.from({ length: 50 }, () => refusal(database.pool.query('select pg_sleep(4)')));
  expect(await refusal(ask())).toMatchObject({ code: 'unavailable' });
  const outcomes = await Promise.all(slow);
  expect(outcomes.filter((outcome) => outcome?.code === 'unavailable').length).toBeGreaterThan(40);
  expect(await ask()).toEqual([{ one: 1 }]);
  expect(database.pool.waitingCount).toBe(0);
}, 60_000);

test('ten thousand statements that PostgreSQL refuses keep their connections', async () => {
  const backends = {
    name: 'backends',
    text: `select array_agg(pid order by pid) as pids from pg_stat_activity
      where datname = current_database() and application_name = 'servihub-chat'`,
    values: [],
  };
  const failing = { name: 'failing', text: 'select 1 / $1::int', values: [0] };
  const codes: string[] = [];
  const fail = () => database.query(failing).catch(({ code }) => codes.push(code));
  await Promise.all([fail(), fail()]);
  const before = await database.query(backends);
  for (let n = 0; n < 1_000; n += 1) await Promise.all(Array.from({ length: 10 }, fail));
  expect(codes).toEqual(Array(10_002).fill('22012'));
  expect(await database.query(backends)).toEqual(before);
}, 60_000);
