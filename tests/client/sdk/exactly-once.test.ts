import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type FakeServer, ME } from '../../support/fake-server';
import { connected, type Setup } from './setup';

/** Raise it to search longer; a failure prints its seed. */
const RUNS = Number(process.env.FAST_CHECK_RUNS ?? 100);

/** What can happen, each with numbers to choose by. */
type Event = readonly [name: keyof typeof EVENTS, a: number, b: number];

const lossy = (server: FakeServer) =>
  server.link.down.flatMap((queued, at) => (queued.lossy ? [at] : []));

const EVENTS = {
  post: ({ server }) => void server.post('live'),
  postElsewhere: ({ server }) => void server.post('live', undefined, 'c2'),
  send: ({ chat }) => void chat.thread('c1').send('mine'),
  edit: ({ server }, a) => {
    const messages = server.messages();
    server.edit(messages[a % messages.length]?.seq ?? 1, `edit ${a}`);
  },
  remove: ({ server }, a) => {
    const messages = server.messages();
    server.remove(messages[a % messages.length]?.seq ?? 1);
  },
  drop: ({ server }, a) => {
    const frames = lossy(server);
    const at = frames[a % frames.length];
    if (at !== undefined) server.link.down.splice(at, 1);
  },
  double: ({ server }, a, b) => {
    const frames = lossy(server);
    const queued = server.link.down[frames[a % frames.length] ?? -1];
    if (queued !== undefined) server.link.down.splice(b % server.link.down.length, 0, queued);
  },
  move: ({ server }, a, b) => {
    const at = lossy(server)[a % 7];
    const [queued] = at === undefined ? [] : server.link.down.splice(at, 1);
    if (queued !== undefined) server.link.down.splice(b % (server.link.down.length + 1), 0, queued);
  },
  deliver: ({ server }, a) => {
    for (let count = a % 5; count >= 0; count -= 1) server.link.deliver();
  },
  receive: ({ server }) => server.receive(),
  loseCommands: ({ server }) => void server.link.up.splice(0),
  cut: ({ server }) => server.link.end(1006),
  older: ({ chat }) => void chat.thread('c1').loadOlder(),
  reload: ({ chat }) => void chat.inbox.load(),
  failRest: ({ server }, a) => {
    let failures = a % 3;
    server.intercept = () => (failures-- > 0 ? null : undefined);
  },
  slowRest: ({ server }, a) => {
    server.restDelayMs = a * 5;
  },
  openClose: ({ chat }) => chat.thread('c1').open()(),
  postNew: ({ server }) => void server.post('live', undefined, 'c3'),
  resync: ({ server }) => {
    server.link.push({ type: 'resync', conversationId: 'c1', reason: 'ahead' });
  },
  pass: ({ clock }, a) => clock.advance(a * 10),
  settle: ({ server }) => server.settle(),
} satisfies Record<string, (setup: Setup, a: number, b: number) => void | Promise<void>>;

const FREQUENT = ['post', 'edit', 'deliver', 'receive', 'pass', 'drop', 'move', 'settle'] as const;
const event = fc.tuple(
  fc.oneof(
    fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[])),
    fc.constantFrom(...FREQUENT),
  ),
  fc.nat(100),
  fc.nat(100),
);

/** The last hint may be lost with nothing after it: the server's sweep finds that. */
async function heal({ server, chat }: Setup): Promise<void> {
  server.intercept = () => undefined;
  server.restDelayMs = 0;
  // Longer than a pause after too many resyncs.
  await server.pass(65_000, 500);
  const heads = [...server.rooms.values()].map(({ id, lastSeq }) => ({ id, lastSeq }));
  server.link.push({ type: 'ping', heads });
  await server.pass(45_000, 500);
  while (chat.thread('c1').getSnapshot().hasOlder) await chat.thread('c1').loadOlder();
}

async function run(events: readonly Event[], resyncs: boolean) {
  const all = await connected();
  const { server, chat } = all;
  const seen: Record<string, number[]> = { c1: [], c2: [], c3: [] };
  for (let count = 0; count < 70; count += 1) server.post('before');
  server.post('before', undefined, 'c2');
  void chat.inbox.load();
  chat.thread('c1').open();
  await server.settle();
  chat.on('message', ({ conversationId, seq }) => seen[conversationId]?.push(seq));
  const since = { c1: server.room('c1').lastSeq, c2: server.room('c2').lastSeq };
  const chosen = events.filter(([name]) => resyncs || name !== 'resync');
  for (const [name, a, b] of chosen) await EVENTS[name](all, a, b);
  await heal(all);
  return { ...all, seen, since };
}

jest.setTimeout(60_000);

test('whatever is lost, doubled, reordered or cut, the thread ends equal to the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
      const { server, chat } = await run(events, true);
      const { messages, pending } = chat.thread('c1').getSnapshot();
      expect(messages).toEqual(server.messages());
      expect(pending).toEqual([]);
      chat.destroy();
    }),
    { numRuns: RUNS },
  );
});

test('every message of others reaches the callback once and in order, and every send is stored once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
      const { server, chat, seen, since } = await run(events, false);
      for (const id of ['c1', 'c2'] as const) {
        const others = server
          .messages(id)
          .filter(({ senderId, seq }) => senderId !== ME.id && seq > since[id]);
        const due = others.filter(({ deletedAt }) => deletedAt === null).map(({ seq }) => seq);
        const all = new Set(others.map(({ seq }) => seq));
        // One that was deleted before it came may be left out.
        expect(seen[id]?.filter((seq) => due.includes(seq))).toEqual(due);
        expect(seen[id]?.every((seq) => all.has(seq))).toBe(true);
        expect(seen[id]).toEqual([...new Set(seen[id])].sort((a, b) => a - b));
      }
      // How a conversation begins may be missed; what follows may not.
      const known = server.messages('c3').filter(({ seq }) => seq >= (seen.c3?.[0] ?? 1e9));
      expect(seen.c3).toEqual(known.map(({ seq }) => seq));
      const sent = events.filter(([name]) => name === 'send').length;
      expect(server.messages().filter(({ senderId }) => senderId === ME.id)).toHaveLength(sent);
      chat.destroy();
    }),
    { numRuns: RUNS },
  );
});

test('positions of the inbox end at the heads of the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const { server, chat } = await run(events, true);
      const items = chat.inbox.getSnapshot().items;
      expect(items.map(({ id, lastSeq }) => [id, lastSeq]).sort()).toEqual(
        [...server.rooms.values()].map(({ id, lastSeq }) => [id, lastSeq]).sort(),
      );
      expect(items.map(({ lastMessage }) => lastMessage?.changeSeq)).toEqual(
        items.map(({ id }) => server.messages(id).at(-1)?.changeSeq),
      );
      chat.destroy();
    }),
    { numRuns: RUNS },
  );
});
