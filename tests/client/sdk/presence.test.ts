import { expect, test } from '@jest/globals';
import { ME, OTHER } from '../../support/fake-server';
import { connected } from './setup';

const typing = { type: 'typing', conversationId: 'c1', userId: OTHER.id, name: 'Amina' } as const;

test('typing shows who types, without oneself, and ends after six seconds of silence', async () => {
  const { server, chat } = await connected();
  server.broadcast({ ...typing, active: true });
  server.broadcast({ ...typing, userId: ME.id, name: 'Me', active: true });
  await server.settle();
  const before = chat.typing.getSnapshot();
  expect(before.get('c1')).toEqual([{ userId: OTHER.id, name: 'Amina' }]);
  await server.pass(4_000);
  server.broadcast({ ...typing, active: true });
  await server.pass(4_000);
  expect(chat.typing.getSnapshot()).toBe(before);
  await server.pass(3_000);
  expect(chat.typing.getSnapshot().size).toBe(0);
});

test('typing ends at once when told so, and when the message comes', async () => {
  const { server, chat } = await connected();
  server.post('one');
  chat.thread('c1').open();
  await server.settle();
  server.broadcast({ ...typing, active: true });
  server.broadcast({ ...typing, active: false });
  await server.settle();
  expect(chat.typing.getSnapshot().size).toBe(0);
  server.broadcast({ ...typing, active: true });
  server.post('typed');
  await server.settle();
  expect(chat.typing.getSnapshot().size).toBe(0);
});

test('presence is by user, availability by business', async () => {
  const { server, chat } = await connected();
  server.broadcast({ type: 'status', userId: OTHER.id, status: 'away', lastSeenAt: null });
  server.broadcast({ type: 'status', businessId: 'b1', status: 'online' });
  await server.settle();
  expect(chat.presence.getSnapshot().get(OTHER.id)).toEqual({
    userId: OTHER.id,
    status: 'away',
    lastSeenAt: null,
  });
  expect(chat.availability.getSnapshot()).toEqual(new Map([['b1', 'online']]));
});

test('one’s own status is told again on every connection', async () => {
  const { server, chat } = await connected();
  chat.setStatus('away');
  await server.settle();
  server.link.end(1006);
  await server.pass(2_000);
  expect(server.commands.filter(({ type }) => type === 'status')).toEqual([
    { type: 'status', status: 'away' },
    { type: 'status', status: 'away' },
  ]);
});

test('an error that answers nothing is told to whoever listens', async () => {
  const { server, chat } = await connected();
  const codes: string[] = [];
  const stop = chat.on('error', ({ code }) => codes.push(code));
  const error = { type: 'error', code: 'bad_frame', message: 'What?', retryable: false } as const;
  server.broadcast(error);
  await server.settle();
  stop();
  server.broadcast(error);
  await server.settle();
  expect(codes).toEqual(['bad_frame']);
});

test('when somebody joins an open thread it is synced again, which brings their presence', async () => {
  const { server, chat } = await connected();
  server.post('hello');
  chat.thread('c1').open();
  await server.settle();
  const syncs = () => server.commands.filter(({ type }) => type === 'sync').length;
  const before = syncs();
  const room = server.room('c1');
  room.lastSeq += 1;
  server.broadcast({
    type: 'participant',
    conversationId: 'c1',
    userId: 'u-new',
    user: { id: 'u-new', name: 'Jonas', role: 'AGENT', avatar: null },
    role: 'agent',
    changeSeq: room.lastSeq,
    joinedSeq: room.lastSeq,
    leftSeq: null,
  });
  await server.settle();
  expect(syncs()).toBe(before + 1);
});
