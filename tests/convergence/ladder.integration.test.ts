import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createChat } from '../../client/sdk/index.js';
import type { Message } from '../../src/protocol/resources/message.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import { meet, openDirect, type Person } from '../support/people.js';
import { isolateRedis } from '../support/redis.js';

const URL_OF_ALL = 'http://chat.test';
const MINUTES_MS = 60_000;
const OPENING_MS = 6_000;
let database: TestDatabase;
let nodes: TestNode[];
let me: Person;
let other: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  const redis = await isolateRedis();
  nodes = await Promise.all([0, 1].map(() => startNode({ databaseUrl: database.url, redis })));
  [me, other] = await Promise.all([meet(url(0)), meet(url(1))]);
  conversationId = (await openDirect(url(0), me, other)).id;
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

const url = (index: number) => (nodes[index % nodes.length] as TestNode).url;

/** A network that may refuse sockets or streams, and cuts those that are open when it begins to. */
function startNetwork() {
  let requests = 0;
  const blocked = new Set<'/ws' | '/sse'>();
  const cuts = new Set<() => void>();
  const route = (address: string) => address.replace(URL_OF_ALL, url(requests++));
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      const target = blocked.has('/ws') ? 'ws://127.0.0.1:1' : address.replace('ws:', 'http:');
      super(route(target).replace('http:', 'ws:'), protocols);
      this.on('error', () => {});
      cuts.add(() => this.terminate());
    }
  }
  const request = async (input: unknown, init: RequestInit = {}) => {
    const address = String(input);
    if (!address.startsWith(`${URL_OF_ALL}/sse`)) return fetch(route(address), init);
    if (blocked.has('/sse')) throw new TypeError('Failed to fetch');
    const cut = new AbortController();
    cuts.add(() => cut.abort());
    const signals = [cut.signal, ...(init.signal ? [init.signal] : [])];
    return fetch(route(address), { ...init, signal: AbortSignal.any(signals) });
  };
  return {
    WebSocket: Socket as never,
    fetch: request as typeof fetch,
    allow: () => blocked.clear(),
    block(path: '/ws' | '/sse') {
      blocked.add(path);
      for (const cut of cuts) cut();
      cuts.clear();
    },
  };
}

/** A better transport is tried as often as an opening may last; all the rest takes as long as it does. */
const clock = {
  now: Date.now,
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs >= 5 * MINUTES_MS ? OPENING_MS : delayMs);
    return () => clearTimeout(timer);
  },
};

test('[O6] from WebSocket to server-sent events to polls and back, under traffic: every message once and in order', async () => {
  const network = startNetwork();
  const { token } = me;
  const { WebSocket: socket, fetch } = network;
  const chat = createChat({
    url: URL_OF_ALL,
    token,
    clock,
    WebSocket: socket,
    fetch,
    random: () => 0.1,
  });
  const told: string[] = [];
  chat.on('message', ({ body }) => told.push(body));
  const thread = chat.thread(conversationId);
  const close = thread.open();
  const holds = (check: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!check()) return;
        for (const stop of stops) stop();
        resolve();
      };
      const stops = [thread.subscribe(look), chat.connection.subscribe(look)];
      look();
    });
  const over = (name: string) => holds(() => chat.connection.getSnapshot().transport === name);

  const theirs: string[] = [];
  const mine: Promise<Message>[] = [];
  let isOver = false;
  const path = `/api/conversations/${conversationId}/messages`;
  const traffic = (async () => {
    while (!isOver) {
      const body = `theirs ${theirs.length}`;
      await api(url(theirs.length), other.token).post(path, { body });
      theirs.push(body);
      mine.push(thread.send(`mine ${mine.length}`).sent);
    }
  })();
  const hears = () => {
    const next = theirs.length + 2;
    return holds(() => told.length > next);
  };

  chat.connect();
  await over('websocket');
  await hears();
  network.block('/ws');
  await over('sse');
  await hears();
  network.block('/sse');
  await over('poll');
  await hears();
  network.allow();
  await over('websocket');
  await hears();
  isOver = true;
  await traffic;
  await Promise.all(mine);
  await holds(() => told.length >= theirs.length);

  expect(told).toEqual(theirs);
  const { pending, messages } = thread.getSnapshot();
  expect(pending).toEqual([]);
  const bodies = messages.map(({ body }) => body);
  expect(new Set(bodies).size).toBe(bodies.length);
  expect(bodies.filter((body) => body.startsWith('mine'))).toEqual(mine.map((_, n) => `mine ${n}`));
  const { count } = await (nodes[0] as TestNode).database.prisma.message
    .aggregate({ where: { conversationId }, _count: true })
    .then(({ _count }) => ({ count: _count }));
  expect(count).toBe(theirs.length + mine.length);
  close();
  chat.destroy();
}, 120_000);
