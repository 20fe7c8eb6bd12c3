import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/platform/postgres/cluster.ts';
import { onStop } from './stops.mjs';

const START_MS = 20_000;
const STOP_MS = 10_000;
const PROBE = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));

export function startNodes({ count = 2, ...server }) {
  return Promise.all(Array.from({ length: count }, () => startNode(server)));
}

/** A server in a process of its own on a free port of the loopback interface, once `/health` answers. */
async function startNode({ script, env, profile, probed = false }) {
  const port = await freePort();
  const child = spawn(process.execPath, [...flagsOf({ profile, probed }), script], {
    env: {
      PATH: process.env.PATH,
      NODE_NO_WARNINGS: '1',
      ...env,
      PORT: `${port}`,
      HOST: '127.0.0.1',
    },
    stdio: ['ignore', 'inherit', 'inherit', ...(probed ? ['ipc'] : [])],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const end = async () => {
    await stop(child);
    process.off('exit', kill);
  };
  onStop(end);
  await answering(child, port, script);
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    stop: end,
    probe: (ask) => probe(child, ask),
  };
}

function flagsOf({ profile, probed }) {
  return [
    ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
    ...(probed ? ['--expose-gc', '--import', PROBE] : []),
  ];
}

/** What the process says of its memory after a full collection. */
function probe(child, ask) {
  return new Promise((resolve, reject) => {
    const gone = (code) => reject(new Error(`The server ended with ${code}.`));
    child.once('exit', gone);
    child.once('message', (answer) => {
      child.off('exit', gone);
      resolve(answer);
    });
    child.send(ask ?? {});
  });
}

async function answering(child, port, script) {
  const deadline = Date.now() + START_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`${script} did not start.`);
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
