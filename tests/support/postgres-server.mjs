import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '../../src/platform/migrate.ts';
import { findBinaries } from '../../src/platform/postgres/binaries.ts';
import { initialise, launch } from '../../src/platform/postgres/cluster.ts';
import { send, stopPostmaster } from '../../src/platform/postgres/postmaster.ts';

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
const SILENT = { info() {}, warn() {} };
const RUN_LOCK = 72_707_371;

/** Nothing here outlives the run, so nothing needs to reach the disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '300',
};

/** An empty PostgreSQL in `folder` that keeps nothing. */
export async function launchPostgres(folder, account) {
  const binaries = await findBinaries(account, join(folder, 'postgresql'));
  const dataDir = join(folder, 'data');
  const cluster = { dataDir, logFile: join(folder, 'postgresql.log'), binaries, account };
  await initialise(cluster, { flags: ['--no-sync'] });
  const { pid, port } = await launch(cluster, { settings: SETTINGS, detached: false });
  const kill = () => send(pid, 'SIGQUIT');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    await stopPostmaster(pid, dataDir);
  };
  return { url: `postgresql://postgres@127.0.0.1:${port}/postgres`, stop };
}

/** A PostgreSQL of this run's own, with a migrated template that test files clone. */
export async function startPostgres(folder, account) {
  const { url, stop } = await launchPostgres(folder, account);
  return prepare(url, stop);
}

/** Somebody's server: this run names its databases after a lock that it holds, and drops them. */
export function usePostgres(url) {
  return prepare(url, async () => {});
}

async function prepare(adminUrl, stopServer) {
  const admin = new pg.Client({ connectionString: adminUrl });
  try {
    await admin.connect();
    await dropAbandoned(admin);
    const run = await openRun(admin);
    const template = await createTemplate(admin, adminUrl, run);
    return { adminUrl, template, stop: () => close(admin, run, stopServer) };
  } catch (error) {
    await admin.end();
    await stopServer();
    throw error;
  }
}

async function openRun(admin) {
  const run = randomInt(1, 2 ** 31);
  await admin.query('select pg_advisory_lock($1, $2)', [RUN_LOCK, run]);
  return run;
}

async function createTemplate(admin, adminUrl, run) {
  const template = `chat_test_${run}_template`;
  await admin.query(`create database ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  await migrate(url.href, MIGRATIONS, SILENT);
  return template;
}

async function close(admin, run, stopServer) {
  await dropRun(admin, run);
  await admin.end();
  await stopServer();
}

async function dropAbandoned(admin) {
  const { rows } = await admin.query(
    `select distinct substring(datname from '^chat_test_(\\d+)_')::int as run
       from pg_database where datname ~ '^chat_test_\\d+_'`,
  );
  for (const { run } of rows) {
    const lock = await admin.query('select pg_try_advisory_lock($1, $2) as free', [RUN_LOCK, run]);
    if (!lock.rows[0].free) continue;
    await dropRun(admin, run);
    await admin.query('select pg_advisory_unlock($1, $2)', [RUN_LOCK, run]);
  }
}

async function dropRun(admin, run) {
  const { rows } = await admin.query(
    `select datname from pg_database where starts_with(datname, $1)`,
    [`chat_test_${run}_`],
  );
  for (const { datname } of rows) await admin.query(`drop database ${datname} with (force)`);
}
