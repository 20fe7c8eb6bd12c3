import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { median } from './statistics.mjs';

const PACKAGES = ['fastify', 'ws', 'ioredis', 'pg', '@prisma/client', 'socket.io'];

/** What a reader needs to know to compare these numbers with others. */
export function describeMachine(folder) {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    commitToDiskMs: commitToDisk(join(folder, 'sync')),
  };
}

/** Of the last minute: what else the machine had to do before the run, and both together after it. */
export const readLoad = () => loadavg()[0];

/** Median of write and fdatasync of one block where PostgreSQL has its data: the floor under every commit. */
function commitToDisk(file) {
  const block = Buffer.alloc(8_192);
  const handle = openSync(file, 'w');
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    writeSync(handle, block, 0, block.length, 0);
    fdatasyncSync(handle);
    return performance.now() - start;
  });
  closeSync(handle);
  return median(times);
}

export function describeVersions({ postgres, redis }) {
  const packages = [...PACKAGES, '@socket.io/redis-adapter'].map((name) => [name, versionOf(name)]);
  return {
    node: process.version,
    postgres,
    redis,
    ...Object.fromEntries(packages),
    commit: commit(),
  };
}

function versionOf(name) {
  const main = createRequire(import.meta.url).resolve(name);
  const end = main.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length;
  return JSON.parse(readFileSync(join(main.slice(0, end), 'package.json'), 'utf8')).version;
}

/** Null outside a repository. */
export function commit() {
  try {
    const options = { cwd: dirname(import.meta.dirname), encoding: 'utf8', stdio: 'pipe' };
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim();
  } catch {
    return null;
  }
}
