import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onStop } from '../support/stops.mjs';

/** A load generator that is connected to a contender. One order at a time. */
export async function startGenerator({ client, targets }) {
  const child = fork(fileURLToPath(new URL('generator.mjs', import.meta.url)), { execArgv: [] });
  onStop(async () => child.kill('SIGKILL'));
  const gone = new Promise((_, reject) => {
    child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}.`)));
  });
  // Awaited only together with an answer.
  gone.catch(() => {});
  const ask = (message) => Promise.race([gone, answer(child, message)]);
  await ask({ order: 'connect', client, targets });
  return { measure: (details) => ask({ order: 'measure', ...details }) };
}

function answer(child, message) {
  return new Promise((resolve, reject) => {
    child.once('message', ({ error, result }) =>
      error ? reject(new Error(error)) : resolve(result),
    );
    child.send(message);
  });
}
