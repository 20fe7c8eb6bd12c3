import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/database.js';
import { toAppError } from '../../src/platform/errors.js';
import { FaultProxy } from '../chaos/proxy/proxy.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';

let cloned: TestDatabase;
let proxy: FaultProxy;
let database: Database;

beforeAll(async () => {
  cloned = await cloneDatabase();
  const url = new URL(cloned.url);
  const port = Number(url.port);
  proxy = await FaultProxy.open(() => [port]);
  url.port = `${proxy.port}`;
  database = openDatabase({ url: url.href, max: 2, log: silent });
});

afterAll(async () => {
  await database.close();
  await proxy.close();
  await cloned.drop();
});

const refusal = (question: Promise<unknown>) =>
  question.then(
    () => null,
    (error: unknown) => toAppError(error).code,
  );

test('a question whose connection is reset is refused as one that may be asked again', async () => {
  const { prisma } = database;
  await prisma.$queryRaw`SELECT 1`;
  const refused = refusal(prisma.$queryRaw`SELECT pg_sleep(30)::text`);
  await wait(50);
  proxy.reset();
  expect(await refused).toBe('unavailable');
});

test('so is one that finds no database to ask', async () => {
  proxy.set({ kind: 'cut' });
  expect(await refusal(database.prisma.$queryRaw`SELECT 1`)).toBe('unavailable');
  proxy.clear();
  expect(await refusal(database.prisma.$queryRaw`SELECT 1`)).toBeNull();
});
