import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOCK = 'package-lock.json';

/**
 * What is made from sources. A stamp over the contents of sources and results tells whether a result is the one
 * of these sources: times of files would not survive a checkout, a copy or a build that was killed half way.
 */
const BUILDS = {
  database: {
    title: 'Database client',
    needs: 'prisma/build/index.js',
    command: ['generate'],
    from: ['prisma', 'prisma.config.ts', LOCK],
    to: 'src/generated/prisma',
  },
  server: {
    title: 'Server',
    needs: 'typescript/bin/tsc',
    script: 'scripts/build-server.mjs',
    from: ['src', 'tsconfig.json', 'tsconfig.build.json', LOCK],
    to: 'dist/server',
  },
  client: {
    title: 'Pages',
    needs: 'vite',
    script: 'client/build.mjs',
    from: ['client', 'src/protocol', LOCK],
    to: 'dist/client',
  },
};
const NOT_SOURCES = new Set(['node_modules', 'dist']);

/** For the person at the terminal: shown without a stack. */
export class BuildError extends Error {}

/**
 * Builds what is missing or stale, or everything; `progress` hears `begin()` and `end(title, ms, said)` of each
 * build, and an aborted `signal` ends them.
 */
export async function build(progress, { everything = false, signal } = {}) {
  const one = async (name) => {
    if (everything || !(await isCurrent(name))) await make(name, progress, signal);
  };
  const client = one('client');
  const server = one('database').then(() => one('server'));
  const outcomes = await Promise.allSettled([client, server]);
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

export function consoleProgress(heading) {
  const say = (text) => process.stdout.write(`${text}\n`);
  let announced = false;
  return {
    begin() {
      if (!announced) say(`\n  ${heading}`);
      announced = true;
    },
    end: (title, ms) => say(`    ${title.padEnd(20)} ${(ms / 1_000).toFixed(1)} s`),
  };
}

async function isCurrent(name) {
  const { from, to } = BUILDS[name];
  const stamp = await readFile(stampOf(name), 'utf8').catch(() => '');
  return stamp === `${await digest(from)} ${await digest([to])}`;
}

async function make(name, progress, signal) {
  const task = BUILDS[name];
  await refuseUnwritable(task);
  progress.begin();
  const begun = performance.now();
  // Taken before: what is edited meanwhile may be missing in the result.
  const sources = await digest(task.from);
  const said = await run(task, signal);
  await writeFile(stampOf(name), `${sources} ${await digest([task.to])}`);
  progress.end(task.title, performance.now() - begun, said);
}

const stampOf = (name) => join(ROOT, 'dist', `${name}.stamp`);

async function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesIn(path)) {
      hash.update(`${file}\0`).update(await readFile(join(ROOT, file)));
    }
  }
  return hash.digest('hex');
}

async function filesIn(path) {
  const found = await stat(join(ROOT, path)).catch(() => null);
  if (found === null) return [];
  if (!found.isDirectory()) return [path];
  const names = (await readdir(join(ROOT, path))).filter((name) => !NOT_SOURCES.has(name));
  return (await Promise.all(names.sort().map((name) => filesIn(`${path}/${name}`)))).flat();
}

async function refuseUnwritable({ title, to }) {
  for (const folder of ['dist', to]) {
    const path = join(ROOT, folder);
    await mkdir(path, { recursive: true }).catch(() => {});
    await access(path, constants.W_OK).catch(() => {
      throw new BuildError(
        `${title} must be built, and ${path} cannot be written by this user: run \`node scripts/build.mjs\` as its owner.`,
      );
    });
  }
}

function run({ title, needs, command = [], script }, signal) {
  const program = script ? join(ROOT, script) : resolvePackage(needs, title);
  if (script) resolvePackage(needs, title);
  return execute(title, [program, ...command], signal);
}

function resolvePackage(path, title) {
  try {
    return createRequire(join(ROOT, 'client', 'package.json')).resolve(path);
  } catch {
    throw new BuildError(
      `${title} must be built, and the packages for it are not installed: run \`npm ci --include=dev\`.`,
    );
  }
}

/** What a build says is shown only when it fails. */
function execute(title, args, signal) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio, signal });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said.trim());
      else reject(new BuildError(`${said.trim()}\n\n${title}: the build failed.`));
    });
  });
}
