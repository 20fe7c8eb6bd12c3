// npm run test:e2e [-- --single-node] [-- words for Jest]
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError, build, consoleProgress } from '../../scripts/builds.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const NONE =
  'No Chromium for the browser tests: install one (apt-get install chromium), or set CHROMIUM_PATH.';
/** All tests are bounded; this is for what nobody foresaw. */
const LIMIT_MS = 15 * 60_000;

function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
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
const chromium = findChromium();
if (!chromium) fail(NONE);
await build(consoleProgress('Building what is missing or out of date:')).catch((error) => {
  fail(error instanceof BuildError ? error.message : error.stack);
});
const projects = isSingle ? ['--selectProjects', 'single-node'] : [];
const rest = words.filter((word) => word !== '--single-node');
runJest([...rest, ...projects], { ...process.env, CHROMIUM_PATH: chromium });
