import { afterAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { cloneDatabase } from './database.js';
import { isolateRedis, ownRedis } from './redis.js';

const open: Redis[] = [];

afterAll(async () => {
  const left = open.filter((redis) => redis.status === 'ready');
  await Promise.all(left.map((redis) => redis.quit()));
});

function connect(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20 });
  redis.on('error', () => {});
  open.push(redis);
  return redis;
}

async function tables(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `select table_name from information_schema.tables where table_schema = 'public'`,
  );
  await client.end();
  return rows.map((row) => row.table_name);
}

test('a clone has the tables of the migrations and is gone after drop', async () => {
  const { url, drop } = await cloneDatabase();
  expect(await tables(url)).toContain('_prisma_migrations');
  await drop();
  await expect(tables(url)).rejects.toThrow('does not exist');
});

test('two parts of Redis share neither keys nor prefixes', async () => {
  const [one, other] = [await isolateRedis(), await isolateRedis()];
  await connect(one.url).set(`${one.prefix}key`, 'value');
  expect(await connect(other.url).keys(`${other.prefix}*`)).toEqual([]);
  expect(one.prefix).not.toBe(other.prefix);
});

test('a Redis of its own can be taken away and comes back empty at the same address', async () => {
  const server = await ownRedis();
  const redis = connect(server.url);
  await redis.set('key', 'value');
  await server.stop();
  await server.start();
  expect(await redis.get('key')).toBeNull();
  await redis.quit();
  await server.stop();
});
