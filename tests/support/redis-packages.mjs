import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RELATIONS = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];

/** Redis out of the Debian or Ubuntu packages, unpacked into `cacheDir`: nothing is installed, no root is needed. */
export async function unpackRedis(cacheDir) {
  const root = join(cacheDir, 'redis');
  if (!(await exists(root))) await download(cacheDir, root);
  const program = join(root, 'usr', 'bin', 'redis-server');
  return { program, env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') } };
}

/** Two runs may do this at once: each unpacks its own folder, the first rename wins. */
async function download(cacheDir, root) {
  const partial = join(cacheDir, `redis.${process.pid}`);
  await mkdir(join(partial, 'root'), { recursive: true });
  const apt = await aptOptions(partial);
  await run('apt-get', [...apt, 'download', ...(await packages(apt))], { cwd: partial });
  for (const name of await readdir(partial)) {
    if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', name, 'root'], { cwd: partial });
  }
  await rename(join(partial, 'root'), root).catch(() => {});
  await rm(partial, { recursive: true, force: true });
}

/** Slim images have no package lists: then lists of our own. */
async function aptOptions(folder) {
  const listed = await run('apt-cache', ['show', 'redis-tools']).catch(() => null);
  if (listed) return [];
  const own = ['lists/partial', 'cache/archives/partial'].map((path) => join(folder, path));
  for (const path of own) await mkdir(path, { recursive: true });
  const options = [
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Debug::NoLocking=1',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update']);
  return options;
}

/** The machine's own C library stays: another one would not fit its loader. */
async function packages(apt) {
  const without = RELATIONS.map((relation) => `--no-${relation}`);
  const { stdout } = await run('apt-cache', [
    ...apt,
    'depends',
    '--recurse',
    ...without,
    'redis-tools',
  ]);
  const libraries = stdout.split('\n').filter((line) => /^lib(?!c6|gcc|crypt1)/.test(line));
  return ['redis-server', 'redis-tools', ...new Set(libraries.map((line) => line.trim()))];
}

async function libraryFolders(root) {
  const folders = [];
  for (const parent of ['lib', 'usr/lib']) {
    const names = await readdir(join(root, parent)).catch(() => []);
    folders.push(...names.map((name) => join(root, parent, name)));
  }
  return folders.filter((folder) => folder.includes('-linux-gnu'));
}

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );
