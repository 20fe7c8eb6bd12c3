import '../../scripts/typescript.mjs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRedis, startRedis } from './redis-server.mjs';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const running = [];

/** Starts what the tests need and tells the workers by the environment, which they inherit. */
export async function startServices() {
  try {
    // Imported late: they import TypeScript, which only works from here on.
    const { serverAccount } = await import('../../src/platform/postgres/account.ts');
    const { openRunFolder } = await import('./runs.mjs');
    const account = await serverAccount('/nonexistent');
    const folder = await openRunFolder(account);
    running.push(() => rm(folder, { recursive: true, force: true }));
    await allOrFirstError([providePostgres(folder, account), provideRedis(folder)]);
  } catch (error) {
    await stopServices();
    throw error;
  }
}

export async function stopServices() {
  for (const stop of running.splice(0).reverse()) await stop();
}

/** Unlike Promise.all it waits for the others too: what they started must be known before it is stopped. */
async function allOrFirstError(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

async function providePostgres(folder, account) {
  const { startPostgres, usePostgres } = await import('./postgres-server.mjs');
  const given = process.env.TEST_DATABASE_URL;
  const postgres = given ? await usePostgres(given) : await startPostgres(folder, account);
  running.push(postgres.stop);
  process.env.CHAT_TEST_POSTGRES = postgres.adminUrl;
  process.env.CHAT_TEST_TEMPLATE = postgres.template;
}

async function provideRedis(folder) {
  const given = process.env.TEST_REDIS_URL;
  // Tests of outages stop a Redis of their own, so the program is wanted beside a given server as well.
  const program = await findRedis(CACHE).catch((error) => {
    if (!given) throw error;
  });
  if (program) process.env.CHAT_TEST_REDIS_PROGRAM = JSON.stringify(program);
  process.env.CHAT_TEST_REDIS = given ?? (await runRedis(program, folder));
}

async function runRedis(program, folder) {
  const redis = await startRedis(program, { pidFile: join(folder, 'redis.pid') });
  running.push(redis.stop);
  return redis.url;
}
