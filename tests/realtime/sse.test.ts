import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import type { Admission } from '../../src/realtime/handshake.js';
import type { Sessions } from '../../src/realtime/sessions.js';
import { registerSse } from '../../src/realtime/transports/sse.js';
import { fakeCaller } from './fakes.js';

test('a client that leaves before it is admitted leaves no session behind', async () => {
  const opened: unknown[] = [];
  const sessions = { open: (...all: unknown[]) => opened.push(all) } as unknown as Sessions;
  const app = fastify();
  let admit: (admission: Admission) => void = () => {};
  const asked = new Promise<void>((resolve) => {
    registerSse(app, sessions, (request) => {
      request.raw.socket.on('close', () => setImmediate(decide));
      resolve();
      return new Promise((admitted) => {
        admit = admitted;
      });
    });
  });
  const decided = Promise.withResolvers<void>();
  const decide = () => {
    admit({ caller: fakeCaller(), conversationId: null, after: null });
    setImmediate(() => decided.resolve());
  };
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  client.write('GET /sse HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked;
  client.destroy();
  await decided.promise;
  expect(opened).toEqual([]);
  await app.close();
});
