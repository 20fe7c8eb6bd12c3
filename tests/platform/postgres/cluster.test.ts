import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Cluster, initialise, launch } from '../../../src/platform/postgres/cluster.js';

const OPTIONS = { settings: {}, detached: false };

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'chat-cluster-'));
});

afterEach(() => rm(base, { recursive: true }));

/** A cluster whose programs are the shell script given. */
async function clusterOf(script: string): Promise<Cluster> {
  const program = join(base, 'program');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return {
    dataDir: join(base, 'data'),
    logFile: join(base, 'log'),
    binaries: { initdb: program, postgres: program, major: '18' },
    account: null,
  };
}

test('a failing initdb is told by its own complaint', async () => {
  const cluster = await clusterOf('echo "initdb: error: no space left" >&2; exit 1');
  await expect(initialise(cluster, {})).rejects.toThrow(
    'initdb of PostgreSQL failed: no space left',
  );
});

test('a failing initdb that says nothing is told by its exit code', async () => {
  const cluster = await clusterOf('exit 3');
  await expect(initialise(cluster, {})).rejects.toThrow('initdb of PostgreSQL failed: exit 3');
});

test('a program that cannot be run is told as such', async () => {
  const cluster = await clusterOf('');
  await chmod(cluster.binaries.postgres, 0o644);
  await expect(initialise(cluster, {})).rejects.toThrow('PostgreSQL cannot be run');
  await expect(launch(cluster, OPTIONS)).rejects.toThrow('PostgreSQL cannot be run');
});

test('a port that was taken meanwhile is no reason to give up', async () => {
  const cluster = await clusterOf(`
    echo "$4" >> ${base}/ports
    [ $(wc -l < ${base}/ports) = 1 ] && echo 'LOG:  could not bind IPv4 address' >&2 && exit 1
    echo 'FATAL:  something worse' >&2; exit 1`);
  await expect(launch(cluster, OPTIONS)).rejects.toThrow(/did not start in .*: something worse$/);
  const [first, second] = (await readFile(join(base, 'ports'), 'utf8')).split('\n');
  expect(second).toMatch(/^\d+$/);
  expect(second).not.toBe(first);
});

test('complaints of earlier runs are not taken for those of this one', async () => {
  const cluster = await clusterOf('exit 1');
  await writeFile(cluster.logFile, 'FATAL:  long ago\n');
  await expect(launch(cluster, OPTIONS)).rejects.toThrow(`: see ${cluster.logFile}`);
});

test('a long log is begun anew', async () => {
  const cluster = await clusterOf('echo "FATAL:  new" >&2; exit 1');
  await writeFile(cluster.logFile, '');
  await truncate(cluster.logFile, 17 * 1024 * 1024);
  await expect(launch(cluster, OPTIONS)).rejects.toThrow(/: new$/);
  expect((await stat(cluster.logFile)).size).toBeLessThan(100);
});
