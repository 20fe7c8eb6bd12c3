// npm start: builds what is missing or stale, then becomes the server.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [atLeast, point] = OLDEST_NODE;
  if (major > atLeast || (major === atLeast && minor >= point)) return;
  fail(`ServiHub Chat needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version}.`);
}

function refuseMissingPackages() {
  if (!existsSync(`${ROOT}/node_modules/fastify`))
    fail('The packages are not installed: run `npm ci` first.');
}

/** A signal while something is being built ends the builds, and then this process by that same signal. */
async function buildOrDie() {
  const { BuildError, build, consoleProgress } = await import('./builds.mjs');
  const stop = new AbortController();
  let received;
  const onSignal = (signal) => {
    received ??= signal;
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  const progress = consoleProgress('Building what is missing or out of date:');
  await build(progress, { signal: stop.signal }).catch((error) => {
    if (!received) fail(error instanceof BuildError ? error.message : error.stack);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
  if (received) process.kill(process.pid, received);
  return !received;
}

/** npm passes SIGTERM only to its shell, which dies of it and tells nobody: without this the server would stay behind. */
function stopWithoutParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

refuseOldNode();
refuseMissingPackages();
process.chdir(ROOT);
if (process.env.npm_lifecycle_event) stopWithoutParent();
// In this very process: signals reach the server exactly once, and its exit code is ours.
if (await buildOrDie()) await import('../dist/server/main.js');
