import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { serverAccount } from '../../src/platform/postgres/account.ts';
import { findBinaries } from '../../src/platform/postgres/binaries.ts';
import { initialise, launch } from '../../src/platform/postgres/cluster.ts';
import { send, stopPostmaster } from '../../src/platform/postgres/postmaster.ts';
import { findRedis, startRedis } from '../../tests/support/redis-server.mjs';
import { openRunFolder } from '../../tests/support/runs.mjs';
import { slowDisk } from './slow-disk.mjs';
import { onStop } from './stops.mjs';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
/** Two contenders with two nodes each, and nothing else is changed: durability is PostgreSQL's own default. */
const SETTINGS = { max_connections: '200' };

/** One PostgreSQL that keeps its promises and one Redis, for all contenders. */
export async function startServices({ settings = {}, canSlowDown = false } = {}) {
  const account = await serverAccount('/nonexistent');
  const folder = await openRunFolder(account);
  onStop(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres(folder, account, { settings, canSlowDown });
  const redis = await startOneRedis(folder);
  return { folder, postgres, redis };
}

async function startPostgres(folder, account, { settings, canSlowDown }) {
  const binaries = await findBinaries(account, join(folder, 'postgresql'));
  const disk = canSlowDown ? slowDisk(folder, binaries.postgres) : null;
  const dataDir = join(folder, 'data');
  const logFile = join(folder, 'postgresql.log');
  const cluster = { dataDir, logFile, binaries, account };
  await initialise(cluster, {});
  const { pid, port } = await launch(
    { ...cluster, binaries: { ...binaries, ...(disk && { postgres: disk.program }) } },
    { settings: { ...SETTINGS, ...settings }, detached: true },
  );
  const kill = () => send(pid, 'SIGQUIT');
  process.once('exit', kill);
  onStop(async () => {
    await stopPostmaster(pid, dataDir);
    process.off('exit', kill);
  });
  const url = (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  return { pid, url, logFile, disk };
}

async function startOneRedis(folder) {
  const pidFile = join(folder, 'redis.pid');
  const redis = await findRedis(CACHE);
  const { url, stop } = await startRedis(redis, { pidFile });
  onStop(stop);
  return { url, pid: Number(await readFile(pidFile, 'utf8')), version: versionOf(redis) };
}

/** `Redis server v=8.0.2 sha=...` */
function versionOf({ program, env }) {
  const said = execFileSync(program, ['--version'], { env, encoding: 'utf8' });
  return /v=(\S+)/.exec(said)?.[1] ?? said.trim();
}

/** An empty database of the contender's own. */
export async function createDatabase({ url }, name) {
  await inDatabase(url('postgres'), (client) => client.query(`create database ${name}`));
  return url(name);
}

export async function inDatabase(url, use) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
