import { type ChildProcess, spawn } from 'node:child_process';
import {
  chown,
  type FileHandle,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { type Postmaster, readPostmaster } from './postmaster.js';

/** A data folder and what is needed to run PostgreSQL on it. */
export interface Cluster {
  readonly dataDir: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly account: Account | null;
}

export interface LaunchOptions {
  readonly settings: Readonly<Record<string, string>>;
  /** True: a signal to this process's group, such as Ctrl-C, does not reach PostgreSQL. */
  readonly detached: boolean;
}

/** The same everywhere: no collation of the machine, names, messages and order of text included. */
const INITDB = [
  ...['--username=postgres', '--encoding=UTF8', '--locale=C'],
  ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
];

const LOG_LIMIT = 16 * 1024 * 1024;

/** Makes the data folder, whole or not at all. With a password scram is asked of everybody, without one nothing. */
export async function initialise(
  cluster: Cluster,
  { password, flags = [] }: { password?: string; flags?: readonly string[] },
): Promise<void> {
  const partial = `${cluster.dataDir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  await own(partial, cluster.account);
  const secret = password === undefined ? [] : await passwordFlags(partial, password, cluster);
  const auth = password === undefined ? '--auth=trust' : '--auth=scram-sha-256';
  const child = run(cluster, cluster.binaries.initdb, [
    ...['-D', join(partial, 'data'), auth, ...INITDB],
    ...[...secret, ...flags],
  ]);
  await succeed(child, 'initdb');
  // Somebody else's may have come first; theirs stays then.
  await rename(join(partial, 'data'), cluster.dataDir).catch(() => {});
  await rm(partial, { recursive: true, force: true });
}

async function passwordFlags(dir: string, password: string, cluster: Cluster): Promise<string[]> {
  const file = join(dir, 'password');
  await writeFile(file, password, { mode: 0o600 });
  await own(file, cluster.account);
  return [`--pwfile=${file}`];
}

const own = async (path: string, account: Account | null): Promise<void> => {
  if (account) await chown(path, account.uid, account.gid);
};

async function succeed(child: ChildProcess, name: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const code = await ended(child);
  if (code !== 0)
    throw new Error(`${name} of PostgreSQL failed: ${reason(said) || `exit ${code}`}`);
}

const ATTEMPTS = 5;
/** The port was taken meanwhile, or children of a killed server still hold its memory. */
const PASSING = /could not bind|could not create any TCP|shared memory/;

/** Starts the server on a free port of the loopback interface and waits until it answers. */
export async function launch(cluster: Cluster, options: LaunchOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const result = await tryLaunch(cluster, options);
    if (typeof result !== 'string') return result;
    if (attempt === ATTEMPTS || !PASSING.test(result)) throw launchError(cluster, result);
    await wait(200 * attempt);
  }
}

function launchError({ dataDir, logFile }: Cluster, said: string): Error {
  return new Error(`PostgreSQL did not start in ${dataDir}: ${reason(said) || `see ${logFile}`}`);
}

/** The running server, or what a server that ended at once has said. */
async function tryLaunch(cluster: Cluster, options: LaunchOptions): Promise<Postmaster | string> {
  const log = await openLog(cluster.logFile);
  try {
    const { size } = await log.stat();
    const child = await runServer(cluster, options, log.fd);
    const end = ended(child).then(() => saidSince(cluster.logFile, size));
    return (await Promise.race([end, ready(cluster, child)])) ?? (await end);
  } finally {
    await log.close();
  }
}

async function openLog(file: string): Promise<FileHandle> {
  const size = (await stat(file).catch(() => null))?.size ?? 0;
  return open(file, size > LOG_LIMIT ? 'w' : 'a');
}

const saidSince = async (file: string, start: number): Promise<string> =>
  (await readFile(file)).subarray(start).toString('utf8');

async function runServer(
  cluster: Cluster,
  { settings, detached }: LaunchOptions,
  log: number,
): Promise<ChildProcess> {
  const args = serverArguments(cluster, await freePort(), settings);
  const child = run(cluster, cluster.binaries.postgres, args, {
    detached,
    stdio: ['ignore', log, log],
  });
  child.unref();
  return child;
}

function serverArguments(
  { dataDir }: Cluster,
  port: number,
  settings: LaunchOptions['settings'],
): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataDir, '-p', `${port}`, ...flags];
}

async function ready({ dataDir }: Cluster, child: ChildProcess): Promise<Postmaster | null> {
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const found = await readPostmaster(dataDir);
    if (found && found.pid === child.pid && found.status === 'ready') return found;
    await wait(15);
  }
  return null;
}

/** The last complaint in an output of PostgreSQL's programs. */
function reason(output: string): string {
  const lines = output.trim().split('\n');
  const complaint = lines.findLast((line) => /(FATAL|PANIC|error|could not|cannot)/.test(line));
  return (complaint ?? lines.at(-1) ?? '').replace(/^.*?(FATAL|PANIC|error): */, '').trim();
}

function run(
  { account }: Cluster,
  program: string,
  args: readonly string[],
  options: { detached?: boolean; stdio?: ['ignore', number, number] } = {},
): ChildProcess {
  return spawn(program, args, {
    cwd: '/',
    // Nothing of ours: PGPORT, PGDATA and locales of the surroundings would change its behaviour.
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    ...options,
  });
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`PostgreSQL cannot be run: ${error.message}`)));
    child.once('close', resolve);
  });

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
