import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { closedFolder } from '../../src/platform/postgres/account.ts';
import { stopPostmaster } from '../../src/platform/postgres/postmaster.ts';

const PREFIX = 'chat-test-';

/** A folder of this run; its name tells the next run whether its process still lives. */
export async function openRunFolder(account) {
  const base = await enterable(account);
  await sweep(base);
  const folder = await mkdtemp(join(base, `${PREFIX}${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}

async function enterable(account) {
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    if (!(await closedFolder(folder, account))) return folder;
  }
  throw new Error(`The user ${account.name} can enter no folder for temporary files: set TMPDIR.`);
}

/** What a run that was killed has left: its servers and its folder. */
async function sweep(base) {
  for (const name of await readdir(base)) {
    const pid = Number(name.startsWith(PREFIX) && name.slice(PREFIX.length).split('-')[0]);
    if (!pid || isAlive(pid)) continue;
    await stopServers(join(base, name));
    await rm(join(base, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function stopServers(folder) {
  for (const name of await readdir(folder, { recursive: true })) {
    const file = join(folder, name);
    if (basename(file) === 'postmaster.pid') await stopPostgres(file);
    if (basename(file) === 'redis.pid') await stopRedis(file);
  }
}

async function stopPostgres(file) {
  const pid = await readPid(file);
  if (pid) await stopPostmaster(pid, dirname(file));
}

async function stopRedis(file) {
  const pid = await readPid(file);
  if (pid) kill(pid, 'SIGKILL');
}

const readPid = async (file) => Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);

const isAlive = (pid) => kill(pid, 0);

function kill(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
