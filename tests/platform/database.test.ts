import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/platform/database.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

let target: TestDatabase;
let database: Database | undefined;
const warnings: string[] = [];
const log = pino({ level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line).msg) });

beforeAll(async () => {
  target = await cloneDatabase();
});

afterAll(() => target.drop());

afterEach(async () => {
  await database?.close();
  warnings.length = 0;
});

function open(max = 2): Database {
  database = openDatabase({ url: target.url, max, log });
  return database;
}

async function setting(pool: pg.Pool, name: string): Promise<string> {
  const { rows } = await pool.query(`select current_setting($1) as value`, [name]);
  return rows[0].value;
}

/** What a restart of the server does to this pool. */
async function terminateConnections(): Promise<void> {
  const admin = new pg.Client({ connectionString: target.url });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'servihub-chat' and datname = current_database()`,
  );
  await admin.end();
}

test.each([
  ['statement_timeout', '5s'],
  ['lock_timeout', '2s'],
  ['idle_in_transaction_session_timeout', '10s'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['application_name', 'servihub-chat'],
])('a connection has %s = %s', async (name, value) => {
  expect(await setting(open().pool, name)).toBe(value);
});

test('Prisma works over the pool, with named statements', async () => {
  const { prisma, pool } = open(1);
  await prisma.user.findMany({ where: { externalId: 'nobody' } });
  await prisma.user.findMany({ where: { externalId: 'somebody' } });
  const { rows } = await pool.query(
    `select name, generic_plans::int, custom_plans::int from pg_prepared_statements where not from_sql`,
  );
  expect(rows).toEqual([
    { name: expect.stringMatching(/^[0-9a-f]{32}$/), generic_plans: 2, custom_plans: 0 },
  ]);
});

test('a query that finds no free connection fails instead of waiting for ever', async () => {
  const { pool } = open(1);
  const client = await pool.connect();
  await expect(pool.query('select 1')).rejects.toThrow('timeout exceeded');
  client.release();
});

test('idle and checked-out connections may break: the pool goes on', async () => {
  const { pool, prisma } = open(2);
  const held = await pool.connect();
  await pool.query('select 1');
  const broken = new Promise((resolve) => held.once('end', resolve));
  await terminateConnections();
  await broken;
  held.release(true);
  expect(await prisma.user.count()).toBe(0);
  expect(warnings).toContain('database connection lost');
});

test('failing queries give their connections back', async () => {
  const { prisma, pool } = open(2);
  const failing = Array.from({ length: 100 }, () => prisma.$queryRaw`select 1 / 0`.catch(() => 0));
  await Promise.all(failing);
  expect(await prisma.user.count()).toBe(0);
  expect(pool.totalCount).toBeLessThanOrEqual(2);
  expect(pool.waitingCount).toBe(0);
});

test('close waits for connections in use and may be called twice', async () => {
  const { pool, close } = open();
  const held = await pool.connect();
  const closed = Promise.all([close(), close()]);
  expect((await held.query('select 1 as done')).rows).toEqual([{ done: 1 }]);
  held.release();
  await closed;
  expect(pool.totalCount).toBe(0);
});
