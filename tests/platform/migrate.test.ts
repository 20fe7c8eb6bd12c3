import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../src/platform/migrate.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';

let dir: string;
let database: TestDatabase;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-migrations-'));
  database = await emptyDatabase();
});

afterEach(async () => {
  await database.drop();
  await rm(dir, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(dir, name), { recursive: true });
  await writeFile(join(dir, name, 'migration.sql'), sql);
}

async function query<Row extends object>(sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const run = () => migrate(database.url, dir, silent);

describe('migrate', () => {
  test('applies what is missing, in the order of the names, and nothing twice', async () => {
    await write('0002_b', 'alter table a add column y int;');
    await write('0001_a', 'create table a (x int);');
    expect(await run()).toEqual(['0001_a', '0002_b']);
    expect(await run()).toEqual([]);
    await write('0003_c', 'alter table a add column z int;');
    expect(await run()).toEqual(['0003_c']);
    expect(await query('select x, y, z from a')).toEqual([]);
  });

  test('leaves the rows that prisma migrate deploy would leave', async () => {
    await write('0001_a', 'create table a (x int);');
    await run();
    const rows = await query('select * from "_prisma_migrations"');
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: '85e277de3a896cedccd741062229d9e853c30b98aa7da7e5b08a19221fd7f81c',
        finished_at: expect.any(Date),
        migration_name: '0001_a',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      },
    ]);
  });

  test('lets two runners race: each migration is applied by one of them', async () => {
    for (const n of [1, 2, 3, 4]) await write(`000${n}_t`, `create table t${n} (x int);`);
    const [first, second] = await Promise.all([run(), run()]);
    expect([...first, ...second].sort()).toEqual(['0001_t', '0002_t', '0003_t', '0004_t']);
  });

  test('refuses a migration that was edited after it was applied', async () => {
    await write('0001_a', 'create table a (x int);');
    await run();
    await write('0001_a', 'create table a (x bigint);');
    await expect(run()).rejects.toThrow('Migration 0001_a was edited after it was applied');
  });

  test('undoes a migration that fails, names the line, and applies it once it is mended', async () => {
    await write('0001_a', 'create table a (x int);\n\ninsert into b values (1);');
    await expect(run()).rejects.toThrow(
      'Migration failed and was undone: 0001_a/migration.sql:3: relation "b" does not exist',
    );
    expect(await query(`select to_regclass('a') as a`)).toEqual([{ a: null }]);
    await write('0001_a', 'create table a (x int);');
    expect(await run()).toEqual(['0001_a']);
  });

  test('names the file when PostgreSQL gives no place', async () => {
    await write('0001_a', 'create table a (x int not null); insert into a values (null);');
    await expect(run()).rejects.toThrow('0001_a/migration.sql: null value in column "x"');
  });

  test('stops at a migration that prisma left half done, and goes on once it is marked', async () => {
    await write('0001_a', 'create table a (x int);');
    await run();
    await query(`update "_prisma_migrations" set finished_at = null`);
    await expect(run()).rejects.toThrow('Migration 0001_a failed half way');
    await query(`drop table a; update "_prisma_migrations" set rolled_back_at = now()`);
    expect(await run()).toEqual(['0001_a']);
  });

  test('leaves a database alone that a newer release has migrated further', async () => {
    await write('0001_a', 'create table a (x int);');
    await write('0002_newer', 'create table b (x int);');
    await run();
    await rm(join(dir, '0002_newer'), { recursive: true });
    expect(await run()).toEqual([]);
  });
});
