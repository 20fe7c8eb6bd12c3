import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findBinaries, reachableBinaries } from '../../../src/platform/postgres/binaries.js';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'chat-binaries-'));
  await chmod(base, 0o755);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(base, { recursive: true });
});

describe('the binaries of this platform', () => {
  test('are found among the installed packages', async () => {
    const { initdb, postgres, major } = await findBinaries(null, base);
    expect((await stat(initdb)).isFile()).toBe(true);
    expect((await stat(postgres)).isFile()).toBe(true);
    expect(Number(major)).toBeGreaterThanOrEqual(15);
  });

  test('do not exist everywhere: the error says what to do', async () => {
    const { platform, arch } = process;
    try {
      Object.defineProperty(process, 'platform', { value: 'sunos' });
      Object.defineProperty(process, 'arch', { value: 'sparc' });
      await expect(findBinaries(null, base)).rejects.toThrow(
        /^There is no built-in PostgreSQL for sunos sparc .*: set DATABASE_URL to one of your own\.$/,
      );
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
      Object.defineProperty(process, 'arch', { value: arch });
    }
  });
});

describe('binaries that the account cannot reach', () => {
  const stranger = { name: 'stranger', uid: 4_000_001, gid: 4_000_001 };

  async function installed(mode: number): Promise<string> {
    const folder = join(base, 'package');
    await mkdir(join(folder, 'native', 'bin'), { recursive: true });
    await mkdir(join(folder, 'native', 'lib'));
    await writeFile(join(folder, 'package.json'), '{"version":"18.4.0"}');
    await writeFile(join(folder, 'native', 'bin', 'postgres'), 'program');
    await writeFile(join(folder, 'native', 'lib', 'libpq.so.5.18'), 'library');
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    await writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    await chmod(folder, mode);
    return folder;
  }

  test('are copied once, also by two processes at the same time', async () => {
    const shipped = await installed(0o700);
    const cache = join(base, 'cache');
    const find = () => reachableBinaries(shipped, stranger, cache);
    const [first, second] = await Promise.all([find(), find()]);
    expect(first).toEqual(second);
    expect(first.postgres).toBe(join(cache, 'postgresql-18.4.0', 'native', 'bin', 'postgres'));
    expect(await readFile((await find()).postgres, 'utf8')).toBe('program');
  });

  test('are used where they are when everybody may enter', async () => {
    const shipped = await installed(0o755);
    const { postgres, major } = await reachableBinaries(shipped, stranger, join(base, 'cache'));
    expect(postgres).toBe(join(shipped, 'native', 'bin', 'postgres'));
    expect(major).toBe('18');
  });

  test('get the links that an installation without scripts has not made', async () => {
    const shipped = await installed(0o755);
    await reachableBinaries(shipped, stranger, join(base, 'cache'));
    expect(await readlink(join(shipped, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  });
});
