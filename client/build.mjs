/** Builds the apps into dist/client: all that are present, or those named (`node build.mjs loader panel`). */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { APPS } from './vite.config.mjs';

/** Gzipped bytes that a visitor may be made to load. */
const BUDGETS = { loader: 3_000, panel: 45_000 };

const chosen = argv.slice(2);
const unknown = chosen.filter((name) => !(name in APPS));
if (unknown.length > 0) throw new Error(`No such app: ${unknown.join(', ')}`);
const names = (chosen.length > 0 ? chosen : Object.keys(APPS)).filter((name) => present(name));

await Promise.all(names.map(clear));
const outcomes = await Promise.allSettled(names.map((name) => build(APPS[name].config)));
const broken = names.filter((_, index) => outcomes[index].status === 'rejected');
for (const { reason } of outcomes.filter((one) => one.status === 'rejected')) console.error(reason);

const sizes = await Promise.all(names.filter((name) => !broken.includes(name)).map(weigh));
for (const { name, bytes } of sizes)
  console.log(`${name.padEnd(10)} ${(bytes / 1_000).toFixed(1)} kB gz`);

const heavy = sizes.filter(
  ({ name, bytes }) => bytes > (BUDGETS[name] ?? Number.POSITIVE_INFINITY),
);
for (const { name } of heavy)
  console.error(`${name} is over its budget of ${BUDGETS[name] / 1_000} kB`);
exit(heavy.length + broken.length > 0 ? 1 : 0);

function present(name) {
  const found = existsSync(APPS[name].entry);
  if (!found) console.warn(`${name.padEnd(10)} skipped: not there`);
  return found;
}

/** Loader and panel live in one folder: each takes away only its own. */
async function clear(name) {
  const { folder } = APPS[name];
  if (name === 'loader') return rm(join(folder, 'loader.js'), { force: true });
  if (name !== 'panel') return rm(folder, { recursive: true, force: true });
  await rm(join(folder, 'panel.html'), { force: true });
  await rm(join(folder, 'assets'), { recursive: true, force: true });
}

async function weigh(name) {
  const { folder } = APPS[name];
  if (name === 'loader') return { name, bytes: gzipped(join(folder, 'loader.js')) };
  const files = await readdir(folder, { recursive: true });
  const own = files.filter((file) => /\.(js|css|html)$/.test(file) && file !== 'loader.js');
  return { name, bytes: own.reduce((sum, file) => sum + gzipped(join(folder, file)), 0) };
}

function gzipped(file) {
  return gzipSync(readFileSync(file), { level: 9 }).length;
}
