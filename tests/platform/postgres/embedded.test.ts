import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmod,
  cp,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/platform/postgres/embedded.js';
import { findPostmaster } from '../../../src/platform/postgres/postmaster.js';

const CHILD = fileURLToPath(new URL('../../support/embedded-process.mjs', import.meta.url));

let base: string;
let dataDir: string;
let started: EmbeddedPostgres[] = [];
let said: string[] = [];
const log = pino({ level: 'info' }, { write: (line) => said.push(JSON.parse(line).msg) });

beforeAll(async () => {
  // Named as the folders of the global setup, which cleans up after a killed run.
  base = await mkdtemp(join(tmpdir(), `chat-test-${process.pid}-embedded-`));
  await chmod(base, 0o755);
  dataDir = join(base, 'data');
});

afterAll(() => rm(base, { recursive: true, force: true }));

beforeEach(() => {
  said = [];
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(started.map((postgres) => postgres.stop()));
  started = [];
});

async function start(dir = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir: dir,
    log,
    outside: join(base, 'outside'),
  });
  started.push(postgres);
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

const cluster = (dir = dataDir): string => join(dir, 'postgres', 'data');
const pidFile = (dir = dataDir): string => join(cluster(dir), 'postmaster.pid');
const serverPid = async (): Promise<number> =>
  Number.parseInt(await readFile(pidFile(), 'utf8'), 10);

/** A process of its own that runs the embedded PostgreSQL, as `npm start` does. */
async function startInProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('ended before it was ready')));
  });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

describe('the built-in PostgreSQL', () => {
  test('starts, keeps its data over a restart, and leaves no process', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as x');
    await first.stop();
    expect(await findPostmaster(cluster())).toBeNull();
    const second = await start();
    expect(await query(second.url, 'select x from kept')).toEqual([{ x: 42 }]);
    await second.stop();
    await second.stop();
  });

  test('listens on the loopback interface and wants the password', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'guess';
    expect(wrong.hostname).toBe('127.0.0.1');
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    const { mode } = await stat(join(dataDir, 'postgres', 'password'));
    expect(mode & 0o077).toBe(0);
  });

  test('is UTF-8 with an order that does not depend on the machine', async () => {
    const { url } = await start();
    const rows = await query(
      url,
      `select datcollate, pg_encoding_to_char(encoding) as encoding
      from pg_database where datname = current_database()`,
    );
    expect(rows).toEqual([{ datcollate: 'C', encoding: 'UTF8' }]);
  });

  test('outlives a killed process and is adopted by the next', async () => {
    await end(await startInProcess(), 'SIGKILL');
    const orphan = await serverPid();
    const { url } = await start();
    expect(said).toContain('adopting the PostgreSQL of an earlier run');
    expect(await serverPid()).toBe(orphan);
    expect(await query(url, 'select x from kept')).toEqual([{ x: 42 }]);
  });

  test('recovers when PostgreSQL was killed together with its parent', async () => {
    const child = await startInProcess();
    const pid = await serverPid();
    await end(child, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    const { url } = await start();
    expect(await query(url, 'select x from kept')).toEqual([{ x: 42 }]);
  });

  test('stops with a process that ends without stopping it', async () => {
    await end(await startInProcess(), 'SIGUSR2');
    expect(await stopped()).toBe(true);
  });

  test('is not taken from a process that uses it', async () => {
    const child = await startInProcess();
    await expect(start()).rejects.toThrow(`${dataDir} is in use by another running ServiHub Chat`);
    await end(child, 'SIGUSR2');
    expect(await stopped()).toBe(true);
  });

  test('starts over a pid file whose number belongs to another program by now', async () => {
    const others = `${process.pid}\n${cluster()}\n0\n1\n\n127.0.0.1\n\nready   \n`;
    await writeFile(pidFile(), others);
    const { url } = await start();
    expect(await query(url, 'select x from kept')).toEqual([{ x: 42 }]);
  });

  test('two processes that start at once do not both get it', async () => {
    const results = await Promise.allSettled([start(), start()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('says in one line that the password file is missing', async () => {
    const dir = await copyOf(dataDir, 'no-password');
    await rm(join(dir, 'postgres', 'password'));
    await expect(start(dir)).rejects.toThrow(/password is missing: without it .* cannot be opened/);
  });

  test('says in one line that the password is wrong, and leaves no server', async () => {
    const dir = await copyOf(dataDir, 'other-password');
    await writeFile(join(dir, 'postgres', 'password'), 'other');
    await expect(start(dir)).rejects.toThrow(/does not let us in: password authentication failed/);
    expect(await findPostmaster(cluster(dir))).toBeNull();
  });

  test('says in one line that the data is of another major version', async () => {
    const dir = await copyOf(dataDir, 'older');
    await writeFile(join(cluster(dir), 'PG_VERSION'), '14\n');
    await expect(start(dir)).rejects.toThrow(/was made by PostgreSQL 14, this release brings \d+/);
  });

  test('says in one line why the server does not start', async () => {
    const dir = await copyOf(dataDir, 'broken');
    await rm(join(cluster(dir), 'global'), { recursive: true });
    await expect(start(dir)).rejects.toThrow(/^PostgreSQL did not start in .*: .*could not/);
  }, 20_000);

  test('says in one line that the data belongs to somebody else', async () => {
    const { uid } = await stat(cluster());
    jest.spyOn(process as never as { getuid(): number }, 'getuid').mockReturnValue(uid + 1);
    await expect(start()).rejects.toThrow(`belongs to user ${uid}: run as that user or as root.`);
  });

  test('says in one line that the folder outside is gone', async () => {
    const dir = join(base, 'dangling');
    await mkdir(dir);
    await symlink(join(base, 'gone', 'away'), join(dir, 'postgres'));
    await expect(start(dir)).rejects.toThrow(/links to a folder that is gone/);
  });
});

describe('in a folder that only its owner may enter', () => {
  test('it works: as root the data lies outside, behind a link', async () => {
    const dir = join(base, 'closed', 'data');
    await mkdir(join(base, 'closed'), { mode: 0o700 });
    const first = await start(dir);
    await query(first.url, 'create table kept as select 42 as x');
    await first.stop();
    const second = await start(dir);
    expect(await query(second.url, 'select x from kept')).toEqual([{ x: 42 }]);
  });
});

async function copyOf(dir: string, name: string): Promise<string> {
  const copy = join(base, name);
  await cp(dir, copy, { recursive: true });
  await restoreOwner(cluster(dir), cluster(copy));
  return copy;
}

/** `cp` as root makes everything root's. */
async function restoreOwner(from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from);
  const names = await readdir(to, { recursive: true });
  await Promise.all(['', ...names].map((name) => lchown(join(to, name), uid, gid)));
}

/** Answers when no server is left; a hang is the test's time limit. */
async function stopped(): Promise<boolean> {
  while (await findPostmaster(cluster())) await setImmediate();
  return true;
}
