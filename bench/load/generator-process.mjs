import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onStop } from '../support/stops.mjs';

/** A load generator for one contender, in a process of its own; `order` gives it one thing to do at a time. */
export async function startGenerator({ scenario, client, ...details }) {
  const child = fork(fileURLToPath(new URL('generator.mjs', import.meta.url)), { execArgv: [] });
  const gone = new Promise((_, reject) => {
    child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}.`)));
  });
  // Awaited only together with an answer.
  gone.catch(() => {});
  const stop = async () => {
    child.kill('SIGKILL');
    await gone.catch(() => {});
  };
  onStop(stop);
  const order = (name, given = {}) =>
    Promise.race([gone, answer(child, { order: name, ...given })]);
  await order('open', { scenario, client, ...details });
  return { order, stop };
}

function answer(child, message) {
  return new Promise((resolve, reject) => {
    child.once('message', ({ error, result }) =>
      error ? reject(new Error(error)) : resolve(result),
    );
    child.send(message);
  });
}
