import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FaultProxy } from './proxy.js';

let echo: Server;
let proxy: FaultProxy;
const open: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as { port: number };
  proxy = await FaultProxy.open(() => [port]);
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

function begin(): Socket {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => {});
  open.push(socket);
  return socket;
}

async function dial(): Promise<Socket> {
  const socket = begin();
  await once(socket, 'connect');
  return socket;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  return String((await once(socket, 'data'))[0]);
}

/** `once` would take the reset for a failure of the test. */
const closing = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

/** The weather meets the first connection only; what the second one hears shows how much time has passed. */
function meetFirst(): () => boolean {
  let isFirst = true;
  return () => {
    const met = isFirst;
    isFirst = false;
    return met;
  };
}

test('in a black hole nothing arrives and nothing is closed, and all of it when it clears up', async () => {
  const [held, free] = [await dial(), await dial()];
  await echoed(held, 'a');
  await echoed(free, 'a');
  proxy.set({ kind: 'black-hole' }, meetFirst());
  const answer = echoed(held, 'later');
  for (const text of ['b', 'c', 'd']) await echoed(free, text);
  expect([held.bytesRead, held.closed]).toEqual([1, false]);
  proxy.clear();
  expect(await answer).toBe('later');
});

test('in slow weather it comes drop by drop, and whole', async () => {
  const socket = await dial();
  await echoed(socket, 'a');
  proxy.set({ kind: 'slow', bytesPerSecond: 400 });
  const first = await echoed(socket, 'x'.repeat(100));
  let rest = '';
  while (first.length + rest.length < 100) rest += (await once(socket, 'data'))[0];
  expect(first.length).toBeLessThan(100);
  expect(first + rest).toBe('x'.repeat(100));
});

test('a cut resets what there is and what comes, until it is over', async () => {
  const socket = await dial();
  await echoed(socket, 'a');
  const gone = closing(socket);
  proxy.set({ kind: 'cut' });
  await gone;
  await closing(begin());
  proxy.clear();
  expect(await echoed(await dial(), 'b')).toBe('b');
});
