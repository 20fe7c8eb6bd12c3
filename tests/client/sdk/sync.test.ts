import { describe, expect, jest, test } from '@jest/globals';
import type { ChatError } from '../../../client/sdk/errors';
import { microtasks } from '../../support/clock';
import { type FakeServer, OTHER } from '../../support/fake-server';
import { connected } from './setup';

const syncs = ({ commands }: FakeServer) =>
  commands.flatMap((command) => (command.type === 'sync' ? [command.conversations] : []));

async function opened() {
  const all = await connected();
  all.server.post('one');
  const thread = all.chat.thread('c1');
  thread.open();
  await all.server.settle();
  all.server.commands.length = 0;
  const bodies = () => thread.getSnapshot().messages.map(({ body }) => body);
  return { ...all, thread, bodies };
}

describe('holes', () => {
  test('a frame that is only late needs no catch-up', async () => {
    const { server, bodies } = await opened();
    server.post('two');
    server.post('three');
    server.link.down.reverse();
    await server.settle();
    await server.pass(1_000);
    expect(bodies()).toEqual(['one', 'two', 'three']);
    expect(syncs(server)).toEqual([]);
  });

  test('a lost frame is asked for after 100 ms, once', async () => {
    const { server, bodies } = await opened();
    server.post('two');
    server.post('three');
    server.link.down.shift();
    await server.pass(90, 10);
    expect(bodies()).toEqual(['one']);
    await server.pass(20, 10);
    expect(bodies()).toEqual(['one', 'two', 'three']);
    expect(syncs(server)).toEqual([[{ id: 'c1', after: 1 }]]);
  });

  test('a head in a ping reveals a lost last message', async () => {
    const { server, bodies } = await opened();
    server.post('two');
    server.link.down.shift();
    server.link.push({ type: 'ping', heads: [{ id: 'c1', lastSeq: 2 }] });
    await server.pass(200);
    expect(bodies()).toEqual(['one', 'two']);
    expect(server.commands).toContainEqual({ type: 'pong' });
  });

  test('an unanswered catch-up is asked for again', async () => {
    const { server, bodies } = await opened();
    server.onCommand = ({ type }) => type === 'sync';
    server.post('two');
    server.post('three');
    server.link.down.shift();
    await server.pass(5_000);
    server.onCommand = () => false;
    await server.pass(10_000);
    expect(bodies()).toEqual(['one', 'two', 'three']);
  });

  test('a refused catch-up waits as long as the server wants', async () => {
    const { server, bodies } = await opened();
    server.onCommand = (command, link) => {
      if (command.type !== 'sync' || command.id === undefined) return false;
      const { id } = command;
      const error = { type: 'error', id, message: 'Busy', retryable: true } as const;
      link.push({ ...error, code: 'overloaded', retryAfterMs: 3_000 });
      return true;
    };
    server.post('two');
    server.post('three');
    server.link.down.shift();
    await server.pass(2_000);
    server.onCommand = () => false;
    expect(syncs(server)).toHaveLength(1);
    await server.pass(3_000);
    expect(bodies()).toEqual(['one', 'two', 'three']);
  });

  test('a catch-up that is refused for no good reason is asked for again', async () => {
    const { server, bodies } = await opened();
    server.onCommand = (command, link) => {
      if (command.type !== 'sync' || command.id === undefined) return false;
      const { id } = command;
      link.push({ type: 'error', id, code: 'bad_request', message: 'What?', retryable: false });
      return true;
    };
    server.link.push({ type: 'ping', heads: [{ id: 'c1', lastSeq: 2 }] });
    await server.pass(500);
    server.onCommand = () => false;
    server.post('two');
    server.link.down.splice(0);
    await server.pass(5_000);
    expect(bodies()).toEqual(['one', 'two']);
  });

  test('a conversation one may no longer see disappears', async () => {
    const { server, chat } = await opened();
    await chat.inbox.load();
    const onError = jest.fn<(error: ChatError) => void>();
    chat.on('error', onError);
    server.onCommand = (command, link) => {
      if (command.type !== 'sync' || command.id === undefined) return false;
      const { id } = command;
      const error = { type: 'error', id, message: 'Gone', retryable: false } as const;
      link.push({ ...error, code: 'not_found' });
      return true;
    };
    server.link.push({ type: 'ping', heads: [{ id: 'c1', lastSeq: 9 }] });
    await server.pass(500);
    expect(chat.inbox.getSnapshot().items).toEqual([]);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'not_found' }));
  });
});

describe('a catch-up of many conversations', () => {
  test('that is refused without saying which is asked one by one', async () => {
    const { server, chat } = await connected();
    server.post('one');
    server.post('two', OTHER, 'c2');
    await chat.inbox.load();
    server.onCommand = (command, link) => {
      if (command.type !== 'sync' || command.id === undefined) return false;
      if (!command.conversations?.some(({ id }) => id === 'c2')) return false;
      const error = { type: 'error', message: 'Gone', retryable: false } as const;
      link.push({ ...error, id: command.id, code: 'not_found' });
      return true;
    };
    const c1 = server.room('c1');
    server.link.end(1006);
    server.post('three');
    server.post('four', OTHER, 'c2');
    await server.pass(3_000);
    const items = chat.inbox.getSnapshot().items;
    expect(items.map(({ id, lastSeq }) => [id, lastSeq])).toEqual([['c1', c1.lastSeq]]);
  });
});

describe('too many rows', () => {
  test('come by REST, page by page, and then by another catch-up', async () => {
    const { server, chat, bodies } = await opened();
    const seen: number[] = [];
    chat.on('message', ({ seq }) => seen.push(seq));
    server.link.end(1006);
    for (let count = 0; count < 450; count += 1) server.post(`m${count}`);
    server.onCommand = (command, link) => {
      const [first] = (command.type === 'sync' && command.conversations) || [];
      if (first === undefined || Number(first.after) > 1) return false;
      const bracket = { conversationId: 'c1', from: 1, to: 451, done: true, rest: true };
      link.push({ type: 'replay', ...bracket });
      return true;
    };
    await server.pass(3_000);
    expect(bodies()).toHaveLength(451);
    expect(seen).toEqual(Array.from({ length: 450 }, (_, at) => at + 2));
    expect(syncs(server).at(-1)).toEqual([{ id: 'c1', after: 451 }]);
    expect(server.calls.filter(({ query }) => query.has('changedAfter'))).toHaveLength(3);
  });

  test('are asked for again when the pages fail', async () => {
    const { server, bodies } = await opened();
    for (const body of ['two', 'three']) server.post(body);
    server.link.down.splice(0);
    let failures = 1;
    server.intercept = ({ query }) =>
      query.has('changedAfter') && failures-- > 0 ? { status: 500 } : undefined;
    server.link.push({
      type: 'replay',
      conversationId: 'c1',
      from: 1,
      to: 3,
      done: true,
      rest: true,
    });
    await server.settle();
    expect(bodies()).toEqual(['one']);
    await server.pass(1_000);
    expect(bodies()).toEqual(['one', 'two', 'three']);
  });
});

describe('resync', () => {
  test('reads the thread again and replaces what was there, even when numbers begin anew', async () => {
    const { server, bodies, thread } = await opened();
    server.post('will be lost');
    await server.settle();
    const room = server.room();
    room.messages.delete(2);
    room.lastSeq = 1;
    server.post('rewritten');
    server.link.down.splice(0);
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'epoch' });
    await server.pass(500);
    expect(bodies()).toEqual(['one', 'rewritten']);
    expect(thread.getSnapshot().item?.lastMessage?.body).toBe('rewritten');
  });

  test('sends unconfirmed messages again', async () => {
    const { server, thread, bodies } = await opened();
    server.onCommand = ({ type }) => type === 'message';
    thread.send('mine');
    await server.settle();
    server.onCommand = () => false;
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'epoch' });
    await server.settle();
    expect(bodies()).toEqual(['one', 'mine']);
  });

  test('sends again what was acknowledged of late and the database lost, in its order', async () => {
    const { server, thread, bodies } = await opened();
    for (const body of ['a', 'b']) thread.send(body, { ifLastSeq: 1 });
    await server.settle();
    const room = server.room();
    for (const seq of [2, 3]) room.messages.delete(seq);
    room.lastSeq = 1;
    thread.send('c');
    server.link.down.splice(0);
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'epoch' });
    await server.pass(500);
    expect(bodies().toSorted()).toEqual(['a', 'b', 'c', 'one']);
    expect(bodies().filter((body) => 'ab'.includes(body))).toEqual(['a', 'b']);
    expect(thread.getSnapshot().pending).toEqual([]);
  });

  test('does not double what the database still has', async () => {
    const { server, chat, thread, bodies } = await opened();
    thread.send('a');
    await server.settle();
    server.link.push({ type: 'resync', reason: 'history' });
    await server.pass(500);
    expect(bodies()).toEqual(['one', 'a']);
    expect(server.messages()).toHaveLength(2);
    expect(chat.thread('c1').getSnapshot().pending).toEqual([]);
  });

  test('leaves alone what was acknowledged long ago', async () => {
    const { server, thread } = await opened();
    thread.send('a');
    await server.settle();
    await server.pass(700_000, 5_000);
    const before = server.commands.filter(({ type }) => type === 'message').length;
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'epoch' });
    await server.pass(500);
    expect(server.commands.filter(({ type }) => type === 'message')).toHaveLength(before);
  });

  test('of everything reads the inbox and the open threads again', async () => {
    const { server, chat, bodies } = await opened();
    await chat.inbox.load();
    server.post('two');
    server.post('new', OTHER, 'c2');
    server.link.down.splice(0);
    server.link.push({ type: 'resync', reason: 'epoch' });
    await server.pass(500);
    expect(bodies()).toEqual(['one', 'two']);
    expect(chat.inbox.getSnapshot().items.map(({ id }) => id)).toEqual(['c2', 'c1']);
  });

  test('that never ends is noticed and slowed down', async () => {
    const { server, chat } = await opened();
    const errors: string[] = [];
    chat.on('error', ({ code }) => errors.push(code));
    server.onCommand = (command, link) => {
      if (command.type !== 'sync') return false;
      link.push({ type: 'resync', conversationId: 'c1', reason: 'ahead' });
      return true;
    };
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'ahead' });
    await server.pass(30_000, 1_000);
    expect(errors).toEqual(['resync_loop']);
    expect(syncs(server).length).toBeLessThanOrEqual(4);
  });
});

describe('reads beside the stream', () => {
  test('what changed between the page and the item comes by a catch-up', async () => {
    const { server, chat } = await connected();
    server.post('one');
    await server.settle();
    server.intercept = ({ path }) => {
      // The page was read before, and the live frame is lost.
      if (path === '/api/conversations/c1' && server.messages().length === 1) {
        server.post('two');
        server.link.down.splice(0);
      }
      return undefined;
    };
    const thread = chat.thread('c1');
    thread.open();
    await server.pass(500);
    expect(thread.getSnapshot().messages.map(({ body }) => body)).toEqual(['one', 'two']);
  });
});

describe('a new connection', () => {
  test('resumes from the cursor, catches up what changed, and open threads in any case', async () => {
    const { server, bodies } = await opened();
    server.link.end(1006);
    server.post('two');
    await server.pass(2_000);
    expect(server.link.target.after).not.toBeNull();
    expect(bodies()).toEqual(['one', 'two']);
    server.commands.length = 0;
    server.link.end(1006);
    await server.pass(2_000);
    expect(syncs(server)).toEqual([[{ id: 'c1', after: 2 }]]);
  });

  test('does not move its cursor before the user’s own stream has caught up', async () => {
    const { server } = await opened();
    const first = server.link.target.after;
    server.link.end(1006);
    server.post('two');
    await microtasks();
    server.clock.advance(1_000);
    await microtasks();
    const interrupted = server.link;
    interrupted.deliver();
    interrupted.down.splice(0);
    const used = interrupted.target.after;
    interrupted.end(1006);
    await server.pass(3_000);
    expect(first).toBeNull();
    expect(server.link.target.after).toBe(used);
  });
});
