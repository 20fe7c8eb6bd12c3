import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.js';
import { type Account, closedFolder, serverAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { type Cluster, initialise, launch } from './cluster.js';
import { findPostmaster, type Postmaster, send, stopPostmaster } from './postmaster.js';

export interface EmbeddedPostgresOptions {
  /** Folder of this installation; PostgreSQL takes `postgres` in it. */
  readonly dataDir: string;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** Used as root only, when PostgreSQL's user cannot enter `dataDir` or node_modules, as below /root. */
  readonly outside?: string;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** Ends connections that are still open. */
  stop(): Promise<void>;
}

const DATABASE = 'chat';
/** Held by the process that uses the data; PostgreSQL frees it when that process dies in any way. */
const OWNER_LOCK = 72_707_370;

const SETTINGS = { max_connections: '120' };

/**
 * Runs a private PostgreSQL in `dataDir`: made at the first start, adopted when an earlier process was
 * killed and left it running. It does not stop by itself on Ctrl-C: it must outlive our drain.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { log, outside = '/var/lib/servihub-chat' } = options;
  const home = await openHome(options.dataDir, outside, log);
  const cluster = await openCluster(home, outside);
  const password = await ensurePassword(home, cluster);
  const { postmaster, owner } = await reach(cluster, password, log);
  await takeOwnership(owner, options.dataDir);
  return handle(cluster, postmaster, owner, address(postmaster, password, DATABASE));
}

function handle(
  { dataDir }: Cluster,
  { pid }: Postmaster,
  owner: pg.Client,
  url: string,
): EmbeddedPostgres {
  // For ends without stop(), such as an uncaught error.
  const onExit = () => send(pid, 'SIGINT');
  process.once('exit', onExit);
  const end = async () => {
    process.off('exit', onExit);
    await owner.end();
    await stopPostmaster(pid, dataDir);
  };
  let stopped: Promise<void> | undefined;
  return { url, stop: () => (stopped ??= end()) };
}

/** Where the data lives: in `dataDir`, or outside with a link to it where PostgreSQL's user cannot get there. */
async function openHome(
  dataDir: string,
  outside: string,
  log: EmbeddedPostgresOptions['log'],
): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const root = await realpath(dataDir);
  const home = join(root, 'postgres');
  const account = await serverAccount(join(home, 'data'));
  const closed = await closedFolder(root, account);
  if (closed && !(await lstat(home).catch(() => null))) {
    // Never the same twice: whoever removes the data folder wants to begin anew.
    const target = join(outside, randomBytes(6).toString('hex'));
    await mkdir(target, { recursive: true, mode: 0o755 });
    await symlink(target, home);
    log.info(
      `PostgreSQL's user ${account?.name} cannot enter ${closed}: data is kept in ${target}`,
    );
  }
  if (!(await stat(home).catch(() => null))) await makeHome(home);
  return enterable(await realpath(home), account);
}

async function makeHome(home: string): Promise<void> {
  await mkdir(home, { mode: 0o755 }).catch(() => {
    throw new Error(`${home} links to a folder that is gone: bring it back, or remove the link.`);
  });
}

async function enterable(home: string, account: Account | null): Promise<string> {
  const closed = await closedFolder(home, account);
  if (!closed) return home;
  throw new Error(
    `PostgreSQL's user ${account?.name} cannot enter ${closed}: chmod o+x ${closed}, or move the data elsewhere and set DATA_DIR.`,
  );
}

async function openCluster(home: string, outside: string): Promise<Cluster> {
  const dataDir = join(home, 'data');
  const account = await serverAccount(dataDir);
  const binaries = await findBinaries(account, outside);
  await refuseForeignData(dataDir, binaries.major);
  return { dataDir, logFile: join(home, 'postgresql.log'), binaries, account };
}

async function refuseForeignData(dataDir: string, major: string): Promise<void> {
  const found = await stat(dataDir).catch(() => null);
  if (!found) return;
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0 && found.uid !== uid) {
    throw new Error(`${dataDir} belongs to user ${found.uid}: run as that user or as root.`);
  }
  const version = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => major)).trim();
  if (version !== major) {
    throw new Error(
      `${dataDir} was made by PostgreSQL ${version}, this release brings ${major}: move it over with pg_dump.`,
    );
  }
}

/** Makes password and data at the first start. The file comes first, so that a killed start can be repeated. */
async function ensurePassword(home: string, cluster: Cluster): Promise<string> {
  const file = join(home, 'password');
  const made = await stat(cluster.dataDir).catch(() => null);
  if (!made) {
    const fresh = randomBytes(24).toString('hex');
    await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch(() => {});
  }
  const password = await readFile(file, 'utf8').catch(() => {
    throw new Error(`${file} is missing: without it the data beside it cannot be opened.`);
  });
  if (!made) await initialise(cluster, { password });
  return password;
}

async function findOrLaunch(
  cluster: Cluster,
  log: EmbeddedPostgresOptions['log'],
): Promise<Postmaster> {
  const running = await findPostmaster(cluster.dataDir);
  if (running) log.info({ pid: running.pid }, 'adopting the PostgreSQL of an earlier run');
  return running ?? (await launchFirst(cluster));
}

/** Two processes may start at once: PostgreSQL lets one server run, and only one of us will own it. */
async function launchFirst(cluster: Cluster): Promise<Postmaster> {
  return launch(cluster, { settings: SETTINGS, detached: true }).catch(async (error) => {
    const other = await findPostmaster(cluster.dataDir);
    if (other) return other;
    throw error;
  });
}

const address = ({ port }: Postmaster, password: string, database: string): string =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;

/** 10 s, as long as a shutdown may take. */
const ATTEMPTS = 100;

/** A server that is just dying is still found, but does not answer: a later look finds none. */
async function reach(
  cluster: Cluster,
  password: string,
  log: EmbeddedPostgresOptions['log'],
): Promise<{ postmaster: Postmaster; owner: pg.Client }> {
  for (let attempt = 1; ; attempt++) {
    const postmaster = await findOrLaunch(cluster, log);
    try {
      const owner = await connect(address(postmaster, password, 'postgres'), log);
      return { postmaster, owner };
    } catch (error) {
      if (attempt === ATTEMPTS || isRefusal(error))
        await giveUp(cluster, postmaster, error as Error);
      await wait(100);
    }
  }
}

async function connect(url: string, log: EmbeddedPostgresOptions['log']): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, keepAlive: true });
  client.on('error', (error) => log.error({ err: error }, 'embedded PostgreSQL went away'));
  await client.connect();
  return client;
}

/** SQLSTATE class 28: wrong password or user. */
const isRefusal = (error: unknown): boolean =>
  `${(error as { code?: string }).code}`.startsWith('28');

async function giveUp({ dataDir }: Cluster, { pid }: Postmaster, cause: Error): Promise<never> {
  await stopPostmaster(pid, dataDir);
  throw new Error(`PostgreSQL in ${dataDir} does not let us in: ${cause.message}`, { cause });
}

async function takeOwnership(client: pg.Client, dataDir: string): Promise<void> {
  try {
    await lockOwner(client, dataDir);
    await ensureDatabase(client);
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** A killed owner's connection takes PostgreSQL a moment to notice. */
async function lockOwner(client: pg.Client, dataDir: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as held', [OWNER_LOCK]);
    if (rows[0].held) return;
    await wait(50);
  }
  throw new Error(
    `${dataDir} is in use by another running ServiHub Chat: stop it, or set DATA_DIR.`,
  );
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`create database ${DATABASE}`);
}
