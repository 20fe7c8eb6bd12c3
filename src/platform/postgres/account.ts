import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The user PostgreSQL runs as when this process is root: it refuses to run as root itself. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Null: run as whoever runs this process. As root: the owner of the data, when there is data, else
 * `postgres` where that user exists, else `nobody`; none has to be created.
 */
export async function serverAccount(dataDir: string): Promise<Account | null> {
  if (!isRoot()) return null;
  const owner = await stat(dataDir).catch(() => null);
  if (owner && owner.uid !== 0) return { name: `${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return find(passwd, 'postgres') ?? find(passwd, 'nobody') ?? NOBODY;
}

const NOBODY: Account = { name: 'nobody', uid: 65_534, gid: 65_534 };

function find(passwd: string, name: string): Account | null {
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [uid, gid] = line?.split(':').slice(2, 4).map(Number) ?? [];
  return uid && gid && uid > 0 && gid > 0 ? { name, uid, gid } : null;
}

/** The outermost folder on the way to `path` (itself included) that the account cannot enter. */
export async function closedFolder(path: string, account: Account | null): Promise<string | null> {
  if (!account) return null;
  for (const folder of ancestors(path)) {
    const found = await stat(folder).catch(() => null);
    if (found?.isDirectory() && !mayEnter(found, account)) return folder;
  }
  return null;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestors(parent), path];
}

function mayEnter(folder: { mode: number; uid: number; gid: number }, account: Account): boolean {
  if (folder.uid === account.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === account.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}
