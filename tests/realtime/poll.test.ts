import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import type { Frame } from '../../src/protocol/frames.js';
import { encode } from '../../src/realtime/encoded.js';
import type { Admission } from '../../src/realtime/handshake.js';
import type { Hub } from '../../src/realtime/hub.js';
import { type Link, Session } from '../../src/realtime/session.js';
import type { Sessions } from '../../src/realtime/sessions.js';
import { registerPoll } from '../../src/realtime/transports/poll.js';
import { fakeCaller } from './fakes.js';

const ID = 'a'.repeat(32);
let app: FastifyInstance;
/** Resolves with the session of the next poll once it has no news. */
let waits: Promise<Session>;
/** What is announced while it opens. */
let passes: Frame[];

beforeEach(() => {
  app = fastify();
  passes = [];
  let opened: (session: Session) => void = () => {};
  waits = new Promise((resolve) => {
    opened = resolve;
  });
  const sessions = {
    open: (admission: Admission, link: Link) => {
      const session = new Session({ id: ID, ...admission, link });
      session.send({ type: 'pong', id: 'first' });
      for (const frame of passes) session.push(encode(frame));
      session.goLive(false);
      opened(session);
      return session;
    },
    part: async (session: Session) => session.part(),
  } as unknown as Sessions;
  const hub = { sessions: new Map() } as unknown as Hub;
  const admission = async () => ({ caller: fakeCaller(), conversationId: null, after: null });
  registerPoll(app, { hub, sessions, admission, holdMs: 50 });
  const patient = async (scope: FastifyInstance) =>
    registerPoll(scope, { hub, sessions, admission, holdMs: 3_600_000 });
  app.register(patient, { prefix: '/patient' });
});
afterEach(() => app.close());

test('[L2] a poll without news is answered when it has waited long enough', async () => {
  const { body, headers } = await app.inject('/poll');
  expect(JSON.parse(body)).toEqual({ frames: [{ type: 'pong', id: 'first' }], cursor: null });
  expect(headers['cache-control']).toBe('no-store');
  expect((await waits).isOpen).toBe(false);
});

test('[L2] [L3] what passes while a poll opens is news', async () => {
  passes = [{ type: 'pong', id: 'meanwhile' }];
  const { body } = await app.inject('/patient/poll');
  const { frames } = JSON.parse(body) as { frames: { id: string }[] };
  expect(frames.map(({ id }) => id)).toEqual(['first', 'meanwhile']);
});

test('[L10] a poll that is given up ends its session', async () => {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  client.write('GET /patient/poll HTTP/1.1\r\nHost: x\r\n\r\n');
  const session = await waits;
  const ended = new Promise<void>((resolve) => {
    session.onEnd = () => resolve();
  });
  client.destroy();
  await once(client, 'close');
  await ended;
  expect(session.isOpen).toBe(false);
});
