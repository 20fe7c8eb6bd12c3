// npm run test:e2e [-- --single-node] [-- words for Jest]
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError, build, consoleProgress } from '../../scripts/builds.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const NO_CHROMIUM =
  'No Chromium for the browser tests: install one (apt-get install chromium), or set CHROMIUM_PATH.';
const NO_NGINX =
  'No nginx for the tests behind a proxy: install it (apt-get install nginx-light), or set NGINX_PATH. --single-node does without.';
/** All tests are bounded; this is for what nobody foresaw. */
const LIMIT_MS = 15 * 60_000;

function find(given, names, without) {
  const folders = ['/usr/bin', '/usr/sbin', ...(process.env.PATH ?? '').split(delimiter)];
  const programs = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return given || programs.find(isProgram) || fail(without);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function runJest(words, env) {
  const flags = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'];
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'tests/e2e/jest.config.mjs'];
  const child = spawn(process.execPath, [...flags, ...jest, ...words], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const limit = setTimeout(() => {
    process.stderr.write(`The browser tests did not end within ${LIMIT_MS / 60_000} minutes.\n`);
    child.kill('SIGTERM');
  }, LIMIT_MS);
  child.once('exit', (code) => {
    clearTimeout(limit);
    process.exitCode = code ?? 1;
  });
}

const words = process.argv.slice(2);
const isSingle = words.includes('--single-node');
const programs = {
  CHROMIUM_PATH: find(process.env.CHROMIUM_PATH, CHROMIUM, NO_CHROMIUM),
  ...(!isSingle && { NGINX_PATH: find(process.env.NGINX_PATH, ['nginx'], NO_NGINX) }),
};
await build(consoleProgress('Building what is missing or out of date:')).catch((error) => {
  fail(error instanceof BuildError ? error.message : error.stack);
});
const projects = isSingle ? ['--selectProjects', 'single-node'] : [];
const rest = words.filter((word) => word !== '--single-node');
runJest([...rest, ...projects], { ...process.env, ...programs });
