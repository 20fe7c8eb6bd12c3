import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import type { Admission } from '../../src/realtime/handshake.js';
import type { Sessions } from '../../src/realtime/sessions.js';
import { registerSse } from '../../src/realtime/transports/sse.js';
import { fakeCaller, turn } from './fakes.js';

test('a client that leaves before it is admitted leaves no session behind', async () => {
  const opened: unknown[] = [];
  const sessions = { open: (...all: unknown[]) => opened.push(all) } as unknown as Sessions;
  const app = fastify();
  let admit: (admission: Admission) => void = () => {};
  let left: Promise<unknown> = Promise.resolve();
  const asked = new Promise<void>((resolve) => {
    registerSse(app, sessions, ({ raw }) => {
      left = once(raw.socket, 'close');
      resolve();
      return new Promise((admitted) => {
        admit = admitted;
      });
    });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  client.write('GET /sse HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked;
  client.destroy();
  await left;
  admit({ caller: fakeCaller(), conversationId: null, after: null });
  await turn();
  expect(opened).toEqual([]);
  await app.close();
});
