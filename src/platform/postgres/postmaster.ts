import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The running server of a data folder, as its own file `postmaster.pid` tells. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** starting, stopping, ready or standby */
  readonly status: string;
}

const file = (dataDir: string): string => join(dataDir, 'postmaster.pid');

export async function readPostmaster(dataDir: string): Promise<Postmaster | null> {
  const text = await readFile(file(dataDir), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!pid) return null;
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() || 'starting' };
}

/** The server that an earlier, killed process left behind, once it is ready; forgets one that is gone. */
export async function findPostmaster(dataDir: string): Promise<Postmaster | null> {
  for (;;) {
    const found = await readPostmaster(dataDir);
    if (!found || !isAlive(found.pid)) return null;
    if (found.status === 'ready') return confirm(found, dataDir);
    if (!(await confirm(found, dataDir))) return null;
    await wait(50);
  }
}

/**
 * After a crash of the machine or in a new container the number may belong to any other process, and
 * PostgreSQL would refuse to start beside it.
 */
async function confirm(found: Postmaster, dataDir: string): Promise<Postmaster | null> {
  if ((await commandLine(found.pid)).includes(dataDir)) return found;
  await rm(file(dataDir), { force: true });
  return null;
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const listed = promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', `${pid}`]);
  return listed.then(({ stdout }) => stdout).catch(() => '');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fast shutdown: open transactions are rolled back. Harsher only when that does not end it. */
export async function stopPostmaster(pid: number, dataDir: string): Promise<void> {
  const steps = [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 1_000],
  ] as const;
  for (const [signal, patience] of steps) {
    if (!send(pid, signal) || (await isGone(pid, dataDir, patience))) return;
  }
}

export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The file counts too: a process whose parent was killed may stay a zombie for ever in a container. */
async function isGone(pid: number, dataDir: string, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += 20) {
    if (!isAlive(pid) || (await readPostmaster(dataDir))?.pid !== pid) return true;
    await wait(20);
  }
  return false;
}
