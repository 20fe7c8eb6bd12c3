import { setTimeout as wait } from 'node:timers/promises';
import { eachOf } from '../support/each-of.mjs';
import { opened } from './opened.mjs';

const BODY = 'x'.repeat(120);

/** Connections that send again as soon as they are answered. */
export async function open(dialect, { targets }, failed) {
  let answered = 0;
  let going = false;
  const connections = await eachOf(targets.length, async (index) => {
    const acked = () => {
      answered++;
      if (going) connection.send('', BODY);
    };
    const connection = await opened(dialect.connect, targets[index], { acked, failed });
    return connection;
  });
  return {
    async measure({ seconds, window }) {
      const before = answered;
      going = true;
      for (const connection of connections)
        for (let i = 0; i < window; i++) connection.send('', BODY);
      await wait(seconds * 1_000);
      going = false;
      return { done: answered - before };
    },
  };
}
