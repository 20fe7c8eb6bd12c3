import { expect, test } from '@jest/globals';
import { memoryOutbox, type OutboxStorage } from '../../../client/sdk/outbox-storage';
import { connected, setup } from './setup';

const record = (clientId: string, body: string) => ({
  clientId,
  conversationId: 'c1',
  body,
  replyTo: null,
  ifLastSeq: null,
  createdAt: '2026-01-01T00:00:00.000Z',
});

test('what an earlier page could not send is sent by the next, in order', async () => {
  const outbox = memoryOutbox();
  await outbox.save(record('k1', 'one'));
  await outbox.save(record('k2', 'two'));
  const { server, chat } = await connected({ outbox });
  expect(server.messages().map(({ clientId }) => clientId)).toEqual(['k1', 'k2']);
  expect(chat.thread('c1').getSnapshot().pending).toEqual([]);
  expect(await outbox.load()).toEqual([]);
});

test('a storage that fails is told, and sending goes on without it', async () => {
  const broken = () => Promise.reject(new Error('no space'));
  const outbox: OutboxStorage = { load: broken, save: broken, remove: broken };
  const { server, chat } = setup({ outbox });
  const errors: string[] = [];
  chat.on('error', ({ message }) => errors.push(message));
  chat.connect();
  const { sent } = chat.thread('c1').send('hello');
  await server.settle();
  await expect(sent).resolves.toMatchObject({ body: 'hello' });
  expect(new Set(errors)).toEqual(new Set(['Error: no space']));
});

test('a new connection takes an unacknowledged message along at once', async () => {
  const { server, chat } = await connected();
  server.onCommand = ({ type }) => type === 'message';
  const { clientId } = chat.thread('c1').send('hello', { replyTo: 4, ifLastSeq: 9 });
  await server.settle();
  server.onCommand = () => false;
  server.link.end(1006);
  await server.pass(1_500);
  const sends = server.commands.filter(({ type }) => type === 'message');
  expect(sends).toHaveLength(2);
  expect(sends[1]).toMatchObject({ clientId, body: 'hello', replyTo: 4, ifLastSeq: 9 });
  expect(server.calls.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('the same clientId twice is one message, and both callers hear of it', async () => {
  const { server, chat } = await connected();
  const thread = chat.thread('c1');
  const first = thread.send('hello', { clientId: 'k1' });
  const second = thread.send('hello', { clientId: 'k1' });
  await server.settle();
  await expect(first.sent).resolves.toMatchObject({ clientId: 'k1' });
  await expect(second.sent).resolves.toMatchObject({ clientId: 'k1' });
  expect(server.messages()).toHaveLength(1);
});

test('a discarded message is not sent again', async () => {
  const { server, chat } = setup();
  const thread = chat.thread('c1');
  const { sent, clientId } = thread.send('oops');
  thread.send('right');
  thread.discard(clientId);
  thread.discard('unknown');
  thread.retry('unknown');
  chat.connect();
  await server.settle();
  await expect(sent).rejects.toMatchObject({ code: 'discarded' });
  expect(server.messages().map(({ body }) => body)).toEqual(['right']);
});

test('REST is tried again while it fails for a while', async () => {
  const { server, chat } = setup();
  let failures = 2;
  server.intercept = () => (failures-- > 0 ? null : undefined);
  const { sent } = chat.thread('c1').send('hello');
  await server.pass(32_000);
  await expect(sent).resolves.toMatchObject({ body: 'hello' });
});

test('the message’s own frame counts as an acknowledgement', async () => {
  const { server, chat } = await connected();
  server.onCommand = (command, link) => {
    if (command.type !== 'message') return false;
    server.handle(command, link);
    link.down.pop();
    return true;
  };
  const { sent } = chat.thread('c1').send('hello');
  await server.settle();
  await expect(sent).resolves.toMatchObject({ body: 'hello' });
});

test('a refusal that comes after a newer try does not count', async () => {
  const { server, chat } = await connected();
  server.onCommand = ({ type }) => type === 'message';
  server.restDelayMs = 5_000;
  server.intercept = ({ method }) =>
    method === 'POST' ? { status: 403, code: 'forbidden' } : undefined;
  const thread = chat.thread('c1');
  thread.send('hello');
  await server.pass(11_000);
  server.link.end(1012);
  await server.pass(6_000);
  expect(server.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  expect(thread.getSnapshot().pending).toMatchObject([{ state: 'sending', error: null }]);
});
