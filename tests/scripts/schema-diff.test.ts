import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { schemaDiff } from '../../scripts/schema-diff.mjs';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await cloneDatabase();
});

afterEach(() => database.drop());

async function execute(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

test('the migrations lead to exactly the tables of the Prisma schema', async () => {
  expect(await schemaDiff(database.url)).toBe('');
});

test('a difference comes out as the SQL that removes it', async () => {
  await execute('alter table "Business" drop column "greeting"');
  const sql = await schemaDiff(database.url);
  expect(sql).toContain('ALTER TABLE "Business" ADD COLUMN     "greeting" TEXT');
  await execute(sql);
  expect(await schemaDiff(database.url)).toBe('');
});

test('functions and partial indexes, which the schema cannot say, are no difference', async () => {
  await execute(`create index extra on "Business" (id) where greeting is not null;
    create function f() returns int language sql return 1;`);
  expect(await schemaDiff(database.url)).toBe('');
});
