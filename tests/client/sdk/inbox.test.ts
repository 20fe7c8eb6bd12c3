import { describe, expect, jest, test } from '@jest/globals';
import type { Message } from '@protocol/resources/message';
import { ME, OTHER } from '../../support/fake-server';
import { connected } from './setup';

async function loaded() {
  const all = await connected();
  all.server.post('a', OTHER, 'c1');
  all.server.post('b', OTHER, 'c2');
  await all.chat.inbox.load();
  await all.server.settle();
  const view = () => all.chat.inbox.getSnapshot().items.map(({ id, unread }) => `${id}:${unread}`);
  return { ...all, view };
}

test('a failed load is told and tried again while it makes sense', async () => {
  const { server, chat } = await connected();
  server.intercept = () => ({ status: 503, code: 'unavailable', retryAfter: 2 });
  void chat.inbox.load();
  await server.pass(1_000);
  expect(chat.inbox.getSnapshot()).toMatchObject({ loading: true, error: { code: 'unavailable' } });
  server.intercept = () => ({ status: 403, code: 'forbidden' });
  await server.pass(2_000);
  expect(chat.inbox.getSnapshot()).toMatchObject({ loading: false, error: { code: 'forbidden' } });
});

test('lists newest first, and sorts again when a message comes', async () => {
  const { server, chat, view } = await loaded();
  expect(view()).toEqual(['c2:1', 'c1:1']);
  server.post('again', OTHER, 'c1');
  await server.settle();
  expect(view()).toEqual(['c1:2', 'c2:1']);
  expect(chat.inbox.getSnapshot()).toMatchObject({ unreadTotal: 3, hasMore: false });
  expect(chat.inbox.getSnapshot().items[0]?.lastMessage?.body).toBe('again');
});

test('an unknown conversation is fetched and listed, and its messages are announced', async () => {
  const { server, chat, view } = await loaded();
  const onMessage = jest.fn<(message: Message) => void>();
  chat.on('message', onMessage);
  server.restDelayMs = 50;
  server.post('first', OTHER, 'c3');
  await server.settle();
  server.post('second', OTHER, 'c3');
  await server.pass(500);
  expect(view()).toEqual(['c3:2', 'c2:1', 'c1:1']);
  expect(onMessage.mock.calls.map(([{ body }]) => body)).toEqual(['first', 'second']);
  expect(server.commands.filter(({ type }) => type === 'sync')).toEqual([]);
});

test('an unknown conversation that may not be seen is forgotten', async () => {
  const { server, view } = await loaded();
  server.intercept = () => ({ status: 404, code: 'not_found' });
  server.post('first', OTHER, 'c3');
  await server.settle();
  expect(view()).toEqual(['c2:1', 'c1:1']);
});

describe('the badge', () => {
  test('does not count own messages', async () => {
    const { server, view } = await loaded();
    server.post('mine', ME, 'c2');
    await server.settle();
    expect(view()).toEqual(['c2:1', 'c1:1']);
  });

  test('counts in an open thread until it is read: nobody may be looking at that tab', async () => {
    const { server, chat, view } = await loaded();
    const thread = chat.thread('c1');
    thread.open();
    await server.settle();
    server.post('unseen', OTHER, 'c1');
    await server.settle();
    expect(view()).toEqual(['c1:2', 'c2:1']);
    thread.read();
    expect(view()).toEqual(['c1:0', 'c2:1']);
  });

  test('follows the user’s own marks from other devices', async () => {
    const { server, view } = await loaded();
    server.read('c1', 1);
    await server.settle();
    expect(view()).toEqual(['c2:1', 'c1:0']);
  });

  test('is read again after a catch-up and after a deletion', async () => {
    const { server, view } = await loaded();
    server.post('more', OTHER, 'c1');
    await server.settle();
    server.remove(2, 'c1');
    await server.settle();
    expect(view()).toEqual(['c1:1', 'c2:1']);
    server.link.end(1006);
    server.post('even more', OTHER, 'c1');
    server.room('c1').me = { ...server.room('c1').me, readSeq: 1 };
    await server.pass(3_000);
    expect(view()).toEqual(['c1:1', 'c2:1']);
  });

  test('does not believe a read that is older than the stream', async () => {
    const { server, chat, view } = await loaded();
    server.restDelayMs = 100;
    void chat.inbox.load();
    await server.settle();
    server.post('newer', OTHER, 'c1');
    await server.settle();
    await server.pass(500);
    expect(view()).toEqual(['c1:2', 'c2:1']);
    expect(chat.inbox.getSnapshot().items[0]).toMatchObject({
      lastSeq: 2,
      lastMessage: { body: 'newer' },
    });
  });
});

test('pages follow, another filter starts anew', async () => {
  const { server, chat } = await connected();
  for (let room = 1; room <= 70; room += 1) server.post('x', OTHER, `r${room}`);
  await chat.inbox.load();
  expect(chat.inbox.getSnapshot()).toMatchObject({ hasMore: true });
  expect(chat.inbox.getSnapshot().items).toHaveLength(50);
  await chat.inbox.loadMore();
  expect(chat.inbox.getSnapshot().items).toHaveLength(70);
  await chat.inbox.load({ status: 'resolved' });
  expect(chat.inbox.getSnapshot().items).toHaveLength(0);
  expect(server.calls.at(-1)?.query.get('status')).toBe('resolved');
});

test('is read again when the server cannot list what changed', async () => {
  const { server, chat, view } = await loaded();
  server.post('missed', OTHER, 'c3');
  server.link.down.splice(0);
  server.link.push({ type: 'ping', heads: [], more: true });
  await server.settle();
  expect(view()).toEqual(['c3:1', 'c2:1', 'c1:1']);
  expect(chat.inbox.getSnapshot().loading).toBe(false);
});

test('statuses, participants and receipts show in the items', async () => {
  const { server, chat } = await loaded();
  const { conversation, participant } = {
    conversation: { ...server.item('c1') },
    participant: { ...server.item('c1').participants[1] },
  };
  const { id, type, business, customer, createdAt } = conversation;
  server.broadcast({
    type: 'conversation',
    conversationId: 'c1',
    changeSeq: 2,
    conversation: { id, type, business, customer, createdAt, changeSeq: 2, status: 'resolved' },
  });
  server.broadcast({
    type: 'participant',
    conversationId: 'c1',
    userId: 'u-third',
    user: { ...OTHER, id: 'u-third' },
    role: participant.role ?? 'member',
    changeSeq: 3,
    joinedSeq: 3,
    leftSeq: null,
  });
  const receipt = { type: 'receipt', conversationId: 'c1', userId: OTHER.id } as const;
  server.broadcast({ ...receipt, deliveredSeq: 3, readSeq: 2 });
  server.broadcast({ ...receipt, deliveredSeq: 1, readSeq: 1 });
  await server.settle();
  const item = chat.inbox.getSnapshot().items.find((one) => one.id === 'c1');
  expect(item).toMatchObject({
    status: 'resolved',
    lastSeq: 3,
    receipts: [{ userId: OTHER.id, deliveredSeq: 3, readSeq: 2 }],
  });
  expect(item?.participants.map(({ userId }) => userId)).toContain('u-third');
});
