import { describe, expect, test } from '@jest/globals';
import type { ThreadSnapshot } from '../../../client/sdk/types';
import { microtasks } from '../../support/clock';
import { ME, OTHER } from '../../support/fake-server';
import { connected, setup } from './setup';

const bodies = ({ messages }: ThreadSnapshot) => messages.map(({ body }) => body);
const pendings = ({ pending }: ThreadSnapshot) => pending.map(({ body }) => body);

async function opened() {
  const all = await connected();
  all.server.post('one');
  all.server.post('two');
  const thread = all.chat.thread('c1');
  const close = thread.open();
  await all.server.settle();
  return { ...all, thread, close };
}

describe('opening', () => {
  test('loads the newest page and the item, and catches up from there', async () => {
    const { server, thread } = await opened();
    expect(bodies(thread.getSnapshot())).toEqual(['one', 'two']);
    expect(thread.getSnapshot().item?.id).toBe('c1');
    expect(server.commands).toContainEqual(
      expect.objectContaining({ type: 'sync', conversations: [{ id: 'c1', after: 2 }] }),
    );
  });

  test('shows an error, tries again by itself and then succeeds', async () => {
    const { server, chat } = await connected();
    server.post('one');
    let failures = 1;
    server.intercept = () => (failures-- > 0 ? { status: 503, code: 'unavailable' } : undefined);
    const thread = chat.thread('c1');
    thread.open();
    await server.settle();
    expect(thread.getSnapshot()).toMatchObject({ loading: true, error: { code: 'unavailable' } });
    await server.pass(1_000);
    expect(thread.getSnapshot()).toMatchObject({ loading: false, error: null });
    expect(bodies(thread.getSnapshot())).toEqual(['one']);
  });

  test('stops at a refusal that is final', async () => {
    const { server, chat } = await connected();
    server.intercept = () => ({ status: 404, code: 'not_found' });
    const thread = chat.thread('c1');
    thread.open();
    await server.pass(60_000, 10_000);
    expect(thread.getSnapshot()).toMatchObject({ loading: false, error: { code: 'not_found' } });
  });

  test('is counted: only the last closer lets the thread go, after a while', async () => {
    const { server, thread, close } = await opened();
    const second = thread.open();
    close();
    close();
    await server.pass(31_000, 1_000);
    expect(bodies(thread.getSnapshot())).toEqual(['one', 'two']);
    second();
    await server.pass(31_000, 1_000);
    expect(bodies(thread.getSnapshot())).toEqual([]);
    thread.open();
    await server.settle();
    expect(bodies(thread.getSnapshot())).toEqual(['one', 'two']);
  });

  test('keeps a snapshot identical while nothing changes', async () => {
    const { server, chat, thread } = await opened();
    const before = thread.getSnapshot();
    server.post('elsewhere', OTHER, 'c2');
    await server.pass(500);
    expect(thread.getSnapshot()).toBe(before);
    expect(chat.thread('c1')).toBe(thread);
  });
});

describe('history', () => {
  async function long() {
    const all = await connected();
    for (let number = 1; number <= 120; number += 1) all.server.post(`m${number}`);
    const thread = all.chat.thread('c1');
    thread.open();
    await all.server.settle();
    return { ...all, thread };
  }

  test('is loaded page by page until there is none', async () => {
    const { thread } = await long();
    expect(bodies(thread.getSnapshot())[0]).toBe('m71');
    await thread.loadOlder();
    await thread.loadOlder();
    expect(bodies(thread.getSnapshot())).toHaveLength(120);
    expect(thread.getSnapshot().hasOlder).toBe(false);
  });

  test('a changed message before the loaded part is not put into the list', async () => {
    const { server, thread } = await long();
    server.edit(3, 'edited');
    await server.settle();
    expect(thread.getSnapshot().messages[0]?.seq).toBe(71);
    await thread.loadOlder();
    await thread.loadOlder();
    expect(bodies(thread.getSnapshot())[2]).toBe('edited');
  });

  test('a change that overtakes the page it belongs to is not lost', async () => {
    const { server, thread } = await long();
    server.restDelayMs = 50;
    const older = thread.loadOlder();
    await microtasks();
    server.edit(30, 'edited');
    server.link.deliver();
    await server.pass(100);
    await older;
    expect(thread.getSnapshot().messages.find(({ seq }) => seq === 30)?.body).toBe('edited');
  });
});

describe('sending', () => {
  test('shows the message as pending at once, and as a message once its frame came before the ack', async () => {
    const { server, thread } = await opened();
    const views: string[] = [];
    thread.subscribe(() => {
      const snapshot = thread.getSnapshot();
      views.push([...bodies(snapshot).slice(2), ...pendings(snapshot).map((b) => `(${b})`)].join());
    });
    const { sent } = thread.send('hello');
    expect(pendings(thread.getSnapshot())).toEqual(['hello']);
    await server.settle();
    await expect(sent).resolves.toMatchObject({ body: 'hello', seq: 3, senderId: ME.id });
    expect([...new Set(views)]).toEqual(['(hello)', 'hello']);
  });

  test('does not flicker when the ack comes first, and takes the server’s text afterwards', async () => {
    const { server, thread } = await opened();
    const views = new Set<string>();
    thread.subscribe(() => {
      const snapshot = thread.getSnapshot();
      views.add([...bodies(snapshot).slice(2), ...pendings(snapshot).map((b) => `(${b})`)].join());
    });
    thread.send('hello');
    server.receive();
    server.link.down.reverse();
    await server.settle();
    expect([...views]).toEqual(['(hello)', 'hello']);
    expect(thread.getSnapshot().messages.at(-1)).toEqual(server.messages().at(-1));
  });

  test('goes one by one, in order', async () => {
    const { server, thread } = await opened();
    for (const body of ['a', 'b', 'c']) thread.send(body);
    expect(server.link.up.filter(({ type }) => type === 'message')).toHaveLength(1);
    await server.settle();
    expect(bodies(thread.getSnapshot()).slice(2)).toEqual(['a', 'b', 'c']);
  });

  test('an unacknowledged message goes again under the same id and appears once', async () => {
    const { server, thread } = await opened();
    const { clientId } = thread.send('hello');
    server.receive();
    server.link.end(1006);
    await server.pass(2_000);
    expect(thread.getSnapshot().messages.filter(({ body }) => body === 'hello')).toHaveLength(1);
    expect(server.messages().filter((message) => message.clientId === clientId)).toHaveLength(1);
    expect(pendings(thread.getSnapshot())).toEqual([]);
    const sends = server.commands.filter(({ type }) => type === 'message');
    expect(sends.length).toBeGreaterThan(0);
  });

  test('goes by REST after ten seconds without an answer', async () => {
    const { server, thread } = await opened();
    server.onCommand = ({ type }) => type === 'message';
    const { sent, clientId } = thread.send('hello');
    await server.pass(10_100);
    await expect(sent).resolves.toMatchObject({ body: 'hello', clientId });
    expect(server.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  test('goes by REST when there is no connection at all', async () => {
    const { server, chat } = setup();
    const { sent } = chat.thread('c1').send('hello');
    await server.pass(10_100);
    await expect(sent).resolves.toMatchObject({ body: 'hello' });
  });

  test('a retryable refusal is tried again, not before the server wants it', async () => {
    const { server, thread } = await opened();
    let refusals = 1;
    server.onCommand = (command, link) => {
      if (command.type !== 'message' || refusals-- <= 0) return false;
      const { id = '', clientId = '' } = command;
      const about = { type: 'error', id, clientId, message: 'Slow down' } as const;
      link.push({ ...about, code: 'rate_limited', retryable: true, retryAfterMs: 4_000 });
      return true;
    };
    thread.send('hello');
    await server.pass(3_900);
    expect(server.messages()).toHaveLength(2);
    await server.pass(300);
    expect(server.messages()).toHaveLength(3);
  });

  test('a final refusal marks the message failed, and the next goes on', async () => {
    const { server, thread } = await opened();
    server.onCommand = (command, link) => {
      if (command.type !== 'message' || command.body !== 'bad') return false;
      const { id = '', clientId = '' } = command;
      const about = { type: 'error', id, clientId, message: 'No' } as const;
      link.push({ ...about, code: 'forbidden', retryable: false });
      return true;
    };
    const { sent, clientId } = thread.send('bad');
    thread.send('good');
    await server.settle();
    await expect(sent).rejects.toMatchObject({ code: 'forbidden' });
    expect(bodies(thread.getSnapshot()).at(-1)).toBe('good');
    expect(thread.getSnapshot().pending).toMatchObject([{ state: 'failed', clientId }]);
    server.onCommand = () => false;
    thread.retry(clientId);
    await server.settle();
    expect(server.messages().at(-1)).toMatchObject({ body: 'bad', clientId });
    expect(thread.getSnapshot().pending).toEqual([]);
  });

  test('what is too long is failed without being sent, and can be discarded', async () => {
    const { server, thread } = await opened();
    const { sent, clientId } = thread.send('x'.repeat(16_385));
    await expect(sent).rejects.toMatchObject({ code: 'body_too_long' });
    expect(server.link.up).toEqual([]);
    expect(thread.getSnapshot().pending).toMatchObject([{ state: 'failed' }]);
    thread.discard(clientId);
    expect(thread.getSnapshot().pending).toEqual([]);
  });

  test('edits and deletions show at once', async () => {
    const { thread } = await opened();
    await thread.edit(1, 'uno');
    await thread.remove(2);
    expect(bodies(thread.getSnapshot())).toEqual(['uno', '']);
  });
});

describe('marks', () => {
  const kinds = (commands: readonly { type: string }[], type: string) =>
    commands.filter((command) => command.type === type);

  test('delivered is told for live messages, at most once a second', async () => {
    const { server } = await opened();
    for (const body of ['a', 'b', 'c']) server.post(body);
    await server.settle();
    expect(kinds(server.commands, 'delivered')).toHaveLength(1);
    await server.pass(1_000);
    expect(kinds(server.commands, 'delivered')).toMatchObject([{ seq: 3 }, { seq: 5 }]);
  });

  test('read is told when asked, and once is enough', async () => {
    const { server, thread } = await opened();
    thread.read();
    thread.read();
    await server.pass(2_000);
    thread.read();
    await server.settle();
    expect(kinds(server.commands, 'read')).toMatchObject([{ seq: 2 }]);
    expect(thread.getSnapshot().item).toMatchObject({ unread: 0, me: { readSeq: 2 } });
  });

  test('read is told later when there is no connection', async () => {
    const { server, thread } = await opened();
    server.link.end(1006);
    thread.read();
    await server.pass(2_000);
    expect(kinds(server.commands, 'read')).toMatchObject([{ seq: 2 }]);
  });

  test('what the server lost with a node is told again, however long one was away', async () => {
    const { server, thread } = await opened();
    server.onCommand = ({ type }) => type === 'read';
    thread.read();
    await server.settle();
    server.onCommand = () => false;
    server.blocked.add('websocket').add('sse');
    server.link.end(1006);
    await server.pass(120_000, 5_000);
    server.blocked.clear();
    await server.pass(60_000, 5_000);
    expect(kinds(server.commands, 'read')).toMatchObject([{ seq: 2 }, { seq: 2 }]);
    expect(thread.getSnapshot().item).toMatchObject({ me: { readSeq: 2 } });
  });

  test('what the server has confirmed is not told again', async () => {
    const { server, thread } = await opened();
    server.post('three');
    await server.settle();
    thread.read();
    await server.settle();
    const receipt = { conversationId: 'c1', userId: ME.id, deliveredSeq: 3, readSeq: 3 };
    server.broadcast({ type: 'receipt', ...receipt });
    await server.settle();
    server.link.end(1006);
    await server.pass(10_000, 1_000);
    expect(kinds(server.commands, 'read')).toHaveLength(1);
    expect(kinds(server.commands, 'delivered')).toHaveLength(1);
  });

  test('typing is repeated while it goes on and stops by itself', async () => {
    const { server, thread } = await opened();
    thread.typing(true);
    await server.pass(3_000);
    thread.typing(true);
    await server.pass(10_000);
    const told = kinds(server.commands, 'typing').map(
      (command) => 'active' in command && command.active,
    );
    expect(told).toEqual([true, true, true, false]);
  });
});
