import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { unpackRedis } from './redis-packages.mjs';

const NONE =
  'No Redis for the tests: set TEST_REDIS_URL, or install redis-server (apt-get install redis-server / brew install redis).';

/** The program and what its environment needs. */
export async function findRedis(cacheDir, path = process.env.PATH ?? '') {
  for (const name of ['redis-server', 'valkey-server']) {
    const program = await onPath(name, path);
    if (program) return { program, env: {} };
  }
  return unpackRedis(cacheDir).catch((cause) => {
    throw new Error(NONE, { cause });
  });
}

async function onPath(name, path) {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const program = join(folder, name);
    const runs = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return program;
  }
  return null;
}

/** A Redis that keeps nothing. With `port` it comes back where an earlier one was; `extra` are arguments of its own. */
export async function startRedis({ program, env }, { port, pidFile, extra } = {}) {
  const chosen = port ?? (await freePort());
  const child = spawn(program, [...redisArguments(chosen, pidFile), ...(extra ?? [])], {
    cwd: '/',
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise((resolve) => child.once('close', resolve));
  await accepting(child);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await gone;
  };
  return { url: `redis://127.0.0.1:${chosen}`, port: chosen, stop };
}

function redisArguments(port, pidFile) {
  const pid = pidFile ? ['--pidfile', pidFile] : [];
  const storage = ['--save', '', '--appendonly', 'no', '--databases', '4096'];
  return ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', '/', ...storage, ...pid];
}

function accepting(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) resolve();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`Redis did not start: ${said.trim()}`)));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
