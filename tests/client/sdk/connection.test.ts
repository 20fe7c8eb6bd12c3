import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ChatError } from '../../../client/sdk/errors';
import type { ChatOptions } from '../../../client/sdk/types';
import { createFakeClock } from '../../support/clock';
import { FakeServer, ME } from '../../support/fake-server';
import { connected, memoryStorage, type Setup, setup } from './setup';

const state = ({ chat }: Pick<Setup, 'chat'>) => chat.connection.getSnapshot();

async function blocked(options: Partial<ChatOptions> = {}) {
  const all = setup(options);
  all.server.blocked.add('websocket');
  all.chat.connect();
  await all.server.pass(2_000);
  return all;
}

describe('connecting', () => {
  test('goes from idle over connecting to online, and tells who one is', async () => {
    const all = setup();
    const states: string[] = [];
    all.chat.on('connection', (snapshot) => states.push(snapshot.state));
    expect(state(all)).toEqual({ state: 'idle', transport: null, retryAt: null, reason: null });
    all.chat.connect();
    all.chat.connect();
    await all.server.settle();
    expect(states).toEqual(['connecting', 'online']);
    expect(state(all)).toMatchObject({ transport: 'websocket', reason: null });
    expect(all.chat.me.getSnapshot()).toEqual(ME);
    expect(all.server.links).toHaveLength(1);
  });

  test('a link that brings nothing for five seconds counts as failed', async () => {
    const all = setup();
    all.server.silent.add('websocket');
    all.chat.connect();
    await all.server.pass(4_900);
    expect(all.server.links).toHaveLength(1);
    await all.server.pass(8_000);
    expect(all.server.links.map(({ isOpen }) => isOpen)).toEqual([false, false, true]);
    expect(state(all)).toMatchObject({ state: 'online', transport: 'sse' });
  });

  test('a transport that cannot even be made counts as failed', async () => {
    const clock = createFakeClock();
    const server = new FakeServer(clock);
    const broken = {
      ...server.transport(),
      open: () => {
        throw new Error('forbidden by policy');
      },
    };
    const all = setup({
      clock,
      fetch: server.fetch,
      transports: [broken, server.transport('sse')],
    });
    all.chat.connect();
    await server.pass(2_000);
    expect(state(all)).toMatchObject({ state: 'online', transport: 'sse' });
  });
});

describe('the ladder', () => {
  test('falls to SSE when sockets cannot be opened, and remembers it for the session', async () => {
    const storage = memoryStorage();
    const all = await blocked({ storage });
    expect(state(all)).toMatchObject({ state: 'online', transport: 'sse' });
    expect(all.server.links.map(({ name }) => name)).toEqual(['websocket', 'websocket', 'sse']);
    const next = await connected({ storage });
    expect(next.server.links.map(({ name }) => name)).toEqual(['sse']);
  });

  test('everything works on the lower rung', async () => {
    const { chat, server } = await blocked();
    server.post('one');
    chat.thread('c1').open();
    await server.settle();
    chat.thread('c1').send('two');
    await server.settle();
    const { messages, pending } = chat.thread('c1').getSnapshot();
    expect(messages.map(({ body }) => body)).toEqual(['one', 'two']);
    expect(pending).toEqual([]);
  });

  test('probes upward every five minutes and changes over without a gap', async () => {
    const all = await blocked();
    const states: string[] = [];
    all.chat.on('connection', (snapshot) => states.push(`${snapshot.state} ${snapshot.transport}`));
    await all.server.pass(301_000, 20_000);
    all.server.broadcast({ type: 'ping', heads: [] });
    expect(state(all).transport).toBe('sse');
    all.server.blocked.clear();
    for (let minute = 0; minute < 16; minute += 1) {
      all.server.broadcast({ type: 'ping', heads: [] });
      await all.server.pass(20_000, 20_000);
    }
    expect(states.filter((one) => one.startsWith('online')).at(-1)).toBe('online websocket');
    expect(all.server.links.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  });

  test('falls to polls when streams bring nothing, within ten seconds of falling to streams', async () => {
    const clock = createFakeClock();
    const server = new FakeServer(clock);
    const names = ['websocket', 'sse', 'poll'] as const;
    const transports = names.map((name) => server.transport(name));
    const all = setup({ clock, transports, fetch: server.fetch });
    server.blocked.add('websocket');
    server.silent.add('sse');
    all.chat.connect();
    await server.pass(10_000);
    expect(server.links.map(({ name }) => name)).toEqual(['websocket', 'websocket', 'sse', 'poll']);
    expect(all.chat.connection.getSnapshot()).toMatchObject({ state: 'online', transport: 'poll' });
  });

  test('probes all better rungs in turn, the best first', async () => {
    const clock = createFakeClock();
    const server = new FakeServer(clock);
    const names = ['websocket', 'sse', 'poll'] as const;
    const transports = names.map((name) => server.transport(name));
    const all = setup({ clock, transports, fetch: server.fetch });
    server.blocked.add('websocket').add('sse');
    all.chat.connect();
    await server.pass(10_000);
    const before = server.links.length;
    for (let step = 0; step < 33; step += 1) {
      server.broadcast({ type: 'ping', heads: [] });
      await server.pass(20_000, 20_000);
    }
    expect(server.links.slice(before).map(({ name }) => name)).toEqual(['websocket', 'sse']);
    expect(all.chat.connection.getSnapshot().transport).toBe('poll');
  });

  test('is not blamed when the server cannot be reached at all', async () => {
    const all = setup();
    all.server.blocked.add('websocket');
    all.server.intercept = () => null;
    all.chat.connect();
    await all.server.pass(20_000);
    expect(new Set(all.server.links.map(({ name }) => name))).toEqual(new Set(['websocket']));
    expect(state(all)).toMatchObject({ reason: 'network' });
  });

  test('falls after three connections that died young', async () => {
    const all = await connected();
    for (let times = 0; times < 3; times += 1) {
      all.server.link.end(1006);
      await all.server.pass(3_000);
    }
    expect(all.server.link.name).toBe('sse');
  });

  test('comes round to the first rung when the last does not work either', async () => {
    const all = setup();
    all.server.blocked.add('websocket').add('sse');
    all.chat.connect();
    await all.server.pass(10_000);
    all.server.blocked.delete('websocket');
    await all.server.pass(60_000);
    expect(state(all)).toMatchObject({ state: 'online', transport: 'websocket' });
  });
});

describe('a refused handshake', () => {
  async function refused(status: number, options: Partial<ChatOptions> = {}, retryAfter = 0) {
    const all = setup(options);
    all.server.blocked.add('websocket');
    all.server.intercept = ({ path }) =>
      path === '/api/connection-check' ? { status, retryAfter } : undefined;
    all.chat.connect();
    await all.server.pass(3_000);
    return all;
  }

  test.each([403, 404])('stops at %i', async (status) => {
    const all = await refused(status);
    expect(state(all).state).toBe('closed');
    expect(all.server.links).toHaveLength(1);
    expect(all.clock.pending).toBe(0);
  });

  test.each([
    [503, 'unavailable'],
    [429, 'rate_limited'],
  ])(
    'waits as long as a %i says and a little longer, and does not blame the transport',
    async (status, reason) => {
      const all = await refused(status, {}, 20);
      expect(state(all)).toMatchObject({ state: 'waiting', reason });
      expect((state(all).retryAt ?? 0) - all.clock.now()).toBeGreaterThan(17_000);
      expect(all.server.links).toHaveLength(1);
      all.server.blocked.clear();
      await all.server.pass(20_000);
      expect(state(all)).toMatchObject({ state: 'online', transport: 'websocket' });
    },
  );

  test('comes back spread over time, however often the same seconds are named', async () => {
    const times = [0, 0.5, 0.999].map(async (random) => {
      const all = await refused(503, { random: () => random } as Partial<ChatOptions>, 5);
      return state(all).retryAt;
    });
    expect(new Set(await Promise.all(times)).size).toBe(3);
  });

  test('renews the token once at 401, then stops', async () => {
    const provider = jest.fn(async () => `token-${provider.mock.calls.length}`);
    const all = await refused(401, { token: provider });
    expect(provider).toHaveBeenCalledTimes(2);
    expect(state(all)).toMatchObject({ state: 'closed', reason: 'unauthorized' });
  });

  test('stops at 401 with a token that cannot be renewed', async () => {
    expect(state(await refused(401))).toMatchObject({ state: 'closed' });
  });
});

describe('the token', () => {
  test('is fresh after 4401', async () => {
    const provider = jest.fn(async () => `token-${provider.mock.calls.length}`);
    const all = await connected({ token: provider });
    all.server.link.end(4401);
    await all.server.pass(2_000);
    expect(all.server.link.target.token()).toBe('token-2');
    expect(state(all).state).toBe('online');
  });

  test('is renewed in-band before it expires, once', async () => {
    const provider = jest.fn(async () => `token-${provider.mock.calls.length}`);
    const { server } = await connected({ token: provider });
    server.link.push({ type: 'auth', expiresAt: '2026-01-01T00:01:00.000Z', expiring: true });
    await server.settle();
    expect(server.commands).toContainEqual(
      expect.objectContaining({ type: 'auth', token: 'token-2' }),
    );
    expect(server.links).toHaveLength(1);
  });

  test('ends it all when the provider refuses, but not when it only fails', async () => {
    let failure: Error = new Error('offline');
    const token = jest.fn<() => Promise<string>>(() => Promise.reject(failure));
    const all = setup({ token });
    all.chat.connect();
    await all.server.pass(10_000);
    expect(token.mock.calls.length).toBeGreaterThan(2);
    failure = new ChatError({ code: 'unauthorized', message: 'Logged out' });
    await all.server.pass(60_000, 1_000);
    expect(state(all)).toMatchObject({ state: 'closed', reason: 'unauthorized' });
  });
});

describe('after the end of a connection', () => {
  test.each([
    [1000, 'closed', 'done'],
    [4403, 'closed', 'forbidden'],
    [4409, 'closed', 'too_many_connections'],
    [1012, 'waiting', 'restart'],
    [4450, 'waiting', 'slow_consumer'],
    [1006, 'waiting', 'network'],
    [4999, 'waiting', 'network'],
  ])('code %i: %s, because %s', async (code, name, reason) => {
    const all = await connected();
    all.server.link.end(code);
    expect(state(all)).toMatchObject({ state: name, reason });
  });

  test('a close frame counts like a close code', async () => {
    const all = await connected();
    all.server.link.push({ type: 'close', code: 4410, reason: 'conversation_gone' });
    await all.server.settle();
    expect(state(all)).toMatchObject({ state: 'closed', reason: 'conversation_gone' });
  });

  test('delays grow and are jittered, until a connection was stable', async () => {
    const all = await connected();
    const delays: number[] = [];
    const drop = () => {
      all.server.link.end(1011);
      delays.push((state(all).retryAt ?? 0) - all.clock.now());
    };
    for (let times = 0; times < 4; times += 1) {
      drop();
      await all.server.pass(20_000, 1_000);
    }
    await all.server.pass(15_000, 1_000);
    drop();
    expect(delays).toEqual([250, 500, 1_000, 2_000, 250]);
  });

  test('an overloaded server gets a long rest, a slow consumer a second at least', async () => {
    const overloaded = await connected();
    overloaded.server.link.end(1013);
    expect((state(overloaded).retryAt ?? 0) - overloaded.clock.now()).toBe(4_000);
    const slow = await connected();
    slow.server.link.end(4450);
    expect((state(slow).retryAt ?? 0) - slow.clock.now()).toBe(1_000);
  });

  test('a move that fails changes nothing', async () => {
    const all = await connected();
    all.server.blocked.add('websocket');
    all.server.link.push({ type: 'reconnect', inMs: 1_000, reason: 'restart' });
    await all.server.pass(2_000);
    expect(all.server.links.map(({ isOpen }) => isOpen)).toEqual([true, false]);
    expect(state(all).state).toBe('online');
  });

  test('a server that drains is left before it closes', async () => {
    const all = await connected();
    const states: string[] = [];
    all.chat.on('connection', (snapshot) => states.push(snapshot.state));
    all.server.link.push({ type: 'reconnect', inMs: 2_000, reason: 'restart' });
    await all.server.pass(3_000);
    expect(all.server.links.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    expect(states).toEqual([]);
    all.server.post('on the new one');
    all.chat.thread('c1').open();
    await all.server.settle();
    expect(all.chat.thread('c1').getSnapshot().messages).toHaveLength(1);
  });
});

describe('liveness', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const wake = (name: string) => window.dispatchEvent(new Event(name));

  test('forty seconds of silence end a connection, any frame prolongs it', async () => {
    const all = await connected();
    await all.server.pass(35_000, 1_000);
    all.server.broadcast({ type: 'ping', heads: [] });
    await all.server.pass(35_000, 1_000);
    expect(all.server.links).toHaveLength(1);
    await all.server.pass(10_000, 1_000);
    expect(all.server.links).toHaveLength(2);
    expect(state(all).state).toBe('online');
  });

  test('is judged by the wall clock when the device slept', async () => {
    const all = await connected();
    all.clock.sleep(60_000);
    wake('pageshow');
    await all.server.settle();
    expect(all.server.links).toHaveLength(2);
    expect(state(all).state).toBe('online');
  });

  test('a page that wakes asks, and comes back at once when there is no answer', async () => {
    const all = await connected();
    document.dispatchEvent(new Event('visibilitychange'));
    await all.server.pass(6_000);
    expect(all.server.links).toHaveLength(1);
    all.server.onCommand = () => true;
    document.dispatchEvent(new Event('visibilitychange'));
    await all.server.pass(5_000);
    expect(all.server.links).toHaveLength(2);
  });

  test('a page that wakes while waiting tries at once', async () => {
    const all = await connected();
    all.server.link.end(1013);
    wake('online');
    await all.server.settle();
    expect(state(all).state).toBe('online');
  });
});

describe('destroy', () => {
  test('leaves no timer, listener or socket, and nothing comes after it', async () => {
    const added = jest.spyOn(window, 'addEventListener');
    const removed = jest.spyOn(window, 'removeEventListener');
    const all = await connected();
    all.server.post('one');
    void all.chat.inbox.load();
    const thread = all.chat.thread('c1');
    thread.open();
    await all.server.settle();
    thread.typing(true);
    thread.send('never acknowledged');
    all.server.broadcast({
      type: 'typing',
      conversationId: 'c1',
      userId: 'x',
      name: 'X',
      active: true,
    });
    all.server.link.deliver();
    const listener = jest.fn();
    all.chat.on('frame', listener);
    all.chat.destroy();
    all.chat.destroy();
    all.chat.connect();
    thread.send('later');
    await all.server.pass(60_000, 1_000);
    expect(all.clock.pending).toBe(0);
    expect(all.server.links.filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(listener).not.toHaveBeenCalled();
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    expect(state(all).state).toBe('closed');
  });

  test('while connecting leaves nothing either', async () => {
    const all = setup({ token: async () => 'late' });
    all.chat.connect();
    all.chat.destroy();
    await all.server.pass(10_000);
    expect(all.server.links).toEqual([]);
    expect(all.clock.pending).toBe(0);
  });

  test('while moving to another server leaves neither link', async () => {
    const all = await connected();
    all.server.silent.add('websocket');
    all.server.link.push({ type: 'reconnect', inMs: 1_000, reason: 'restart' });
    await all.server.pass(1_500);
    expect(all.server.links.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    all.chat.destroy();
    expect(all.server.links.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    expect(all.clock.pending).toBe(0);
  });

  test('aborts calls that are under way', async () => {
    const clock = createFakeClock();
    const signals: AbortSignal[] = [];
    const never = ((_: string, init: RequestInit) => {
      if (init.signal) signals.push(init.signal);
      return new Promise(() => undefined);
    }) as unknown as typeof fetch;
    const { chat } = setup({
      clock,
      fetch: never,
      transports: [new FakeServer(clock).transport()],
    });
    void chat.rest.me();
    await Promise.resolve();
    await Promise.resolve();
    chat.destroy();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expect(chat.rest.me()).rejects.toMatchObject({ retryable: false });
  });
});
