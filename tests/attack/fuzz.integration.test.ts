import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ask, frame, OPCODE, Peer, type Received, request, UPGRADE } from './raw.js';
import { START_MS, startTarget, type Target } from './target.js';

/** Recognisable in a log, and in what is stored. */
const CANARY = 'canary-e3b8-of-fuzz';
/** What no attack may be answered with. */
const SERVER_ERROR = 1011;

let target: Target;
let authorization: string;
beforeAll(async () => {
  target = await startTarget();
  authorization = `Authorization: Bearer ${target.customer.token}`;
}, START_MS);
afterAll(() => target.stop());

const awkward = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '__proto__',
    'constructor',
    '\u0000',
    '\ud800',
    -1,
    0.5,
    1e21,
    2_147_483_647,
    2_147_483_648,
    Number.MAX_SAFE_INTEGER,
    [],
    {},
    [[]],
    "' OR 1=1 --",
    CANARY,
    'x'.repeat(300),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Commands as they ought to be; the ids are put in when the target is known. */
const valid: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'message', id: '1', body: CANARY, clientId: 'fuzz', replyTo: 1, ifLastSeq: 1 },
  { type: 'message', conversationId: 'OWN', body: CANARY },
  { type: 'typing', id: '2', active: true, conversationId: 'OWN' },
  { type: 'status', id: '3', status: 'away' },
  { type: 'read', id: '4', seq: 1, conversationId: 'OWN' },
  { type: 'delivered', id: '5', seq: 1 },
  { type: 'sync', id: '6', conversationId: 'OWN', after: 0 },
  {
    type: 'sync',
    conversations: [
      { id: 'OWN', after: 0 },
      { id: 'FOREIGN', after: 'Yy4x' },
    ],
  },
  { type: 'auth', id: '7', token: 'a.b.c' },
  { type: 'ping', id: '8' },
  { type: 'pong' },
];

/** One of them with some of its fields replaced, removed or added, or with its text broken. */
const mutated = fc
  .record({
    command: fc.constantFrom(...valid),
    changes: fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...new Set(valid.flatMap(Object.keys))), fc.string()),
        fc.option(awkward),
      ),
      { maxLength: 3 },
    ),
    cut: fc.option(fc.nat(60), { freq: 5 }),
  })
  .map(({ command, changes, cut }) => {
    const fields = new Map(Object.entries(command));
    for (const [name, value] of changes)
      if (value === null) fields.delete(name);
      else fields.set(name, value);
    // By hand, since `__proto__` would be no field of an object.
    const members = [...fields].map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    const text = `{${members.join(',')}}`;
    return cut === null ? text : text.slice(0, text.length - cut);
  });

const named = (text: string) =>
  text
    .replaceAll('"OWN"', `"${target.conversationId}"`)
    .replaceAll('"FOREIGN"', `"${target.foreignId}"`);

/** Whatever is stored has been acknowledged, and nothing else. */
async function expectStoredOnlyAcked(acked: ReadonlySet<number>): Promise<void> {
  const { conversationId, database } = target;
  const rows = await database.prisma.message.findMany({
    where: { conversationId },
    select: { seq: true },
  });
  expect(new Set(rows.map(({ seq }) => seq))).toEqual(new Set([...before, ...acked]));
  for (const seq of acked) before.add(seq);
  await target.settle();
}
const before = new Set<number>();
async function remember(): Promise<void> {
  before.clear();
  const { conversationId, database } = target;
  const rows = await database.prisma.message.findMany({
    where: { conversationId },
    select: { seq: true },
  });
  for (const { seq } of rows) before.add(seq);
}

test('commands that are changed at random: over a WebSocket each is answered or without effect', async () => {
  await remember();
  const acked = new Set<number>();
  const take = (value: Received) => {
    expect(value.code).not.toBe('internal');
    if (value.type === 'ack') acked.add(value.seq as number);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(mutated, { minLength: 1, maxLength: 2 }), async (texts) => {
      const peer = await target.connect();
      for (const text of texts) peer.write(frame(named(text)));
      const end = randomUUID();
      // A pong may overtake an ack; the ack of a later message does not. Two bad frames are not enough for a close.
      peer.write(frame(JSON.stringify({ type: 'message', id: end, body: 'the end' })));
      await peer.text((value) => {
        take(value);
        return value.type === 'ack' && value.id === end;
      });
      peer.destroy();
    }),
    { numRuns: 150 },
  );
  await expectStoredOnlyAcked(acked);
  await target.expectUnharmed([CANARY]);
});

test('the same by `POST /frames`', async () => {
  await remember();
  const acked = new Set<number>();
  await fc.assert(
    fc.asyncProperty(mutated, fc.boolean(), async (text, isNamed) => {
      const path = `/frames?connection=${'9'.repeat(32)}`;
      const rest = isNamed ? `&conversationId=${target.conversationId}` : '';
      const headers = [authorization, 'Content-Type: application/json'];
      const answer = await ask(target.port, 'POST', path + rest, headers, named(text));
      expect([200, 400]).toContain(answer.status);
      if (answer.status !== 200) return;
      for (const value of (JSON.parse(answer.body) as { frames: Received[] }).frames) {
        expect(value.code).not.toBe('internal');
        if (value.type === 'ack') acked.add(value.seq as number);
      }
    }),
    { numRuns: 200 },
  );
  await expectStoredOnlyAcked(acked);
  await target.expectUnharmed([CANARY]);
});

test('the same as bodies of every other request', async () => {
  await remember();
  const acked = new Set<number>();
  const { conversationId } = target;
  const paths: readonly (readonly [string, string])[] = [
    ['POST', `/api/conversations/${conversationId}/messages`],
    ['PATCH', `/api/conversations/${conversationId}/messages/1`],
    ['POST', `/api/conversations/${conversationId}/read`],
    ['PATCH', `/api/conversations/${conversationId}`],
    ['POST', '/api/conversations'],
    ['POST', '/api/auth/login'],
    ['POST', '/api/widget/session'],
  ];
  const body = fc.oneof(
    mutated,
    fc
      .record(
        {
          body: fc.oneof(fc.constant(CANARY), awkward),
          clientId: awkward,
          replyTo: awkward,
          ifLastSeq: awkward,
          seq: awkward,
          status: awkward,
          email: awkward,
          password: awkward,
          type: fc.constantFrom('support', 'direct', 'message'),
          businessId: fc.oneof(fc.uuid(), awkward),
          userId: fc.oneof(fc.uuid(), awkward),
          widgetKey: awkward,
          visitorKey: fc.oneof(fc.constant('0'.repeat(32)), awkward),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, async ([method, path], text) => {
      const headers = [authorization, 'Content-Type: application/json'];
      const answer = await ask(target.port, method, path, headers, named(text));
      expect(answer.status).toBeLessThan(500);
      if (answer.status === 201) acked.add((JSON.parse(answer.body) as { seq: number }).seq);
    }),
    { numRuns: 250 },
  );
  await expectStoredOnlyAcked(acked);
  await target.expectUnharmed([CANARY]);
});

test('queries of any names and values, on every way in', async () => {
  const name = fc.oneof(
    fc.constantFrom(
      'conversationId',
      'after',
      'token',
      'ticket',
      'connection',
      'limit',
      'before',
      'changedAfter',
      'cursor',
      'status',
      'businessId',
      'key',
    ),
    fc.string({ maxLength: 10 }),
  );
  const value = fc.oneof(
    fc.uuid(),
    fc.nat().map(String),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.base64String(),
  );
  const paths = [
    '/api/connection-check',
    '/ws',
    '/api/conversations',
    '/api/widget/config',
    '/widget/panel.html',
    '/api/nothing',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(fc.tuple(name, value), { maxLength: 4 }),
      async (path, pairs) => {
        const query = pairs.map(([key, given]) => `${encode(key)}=${encode(given)}`).join('&');
        const answer = await ask(target.port, 'GET', `${path}?${query}`, [authorization]);
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: 200 },
  );
  await target.expectUnharmed([CANARY]);
});

test('frames of any bits: the connection stays or closes with a code of the client’s fault', async () => {
  const any = fc.record({
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constant(Buffer.from('{"type":"ping"}')),
    ),
    opcode: fc.oneof(fc.constantFrom(...Object.values(OPCODE)), fc.nat(15)),
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    mask: fc.oneof(
      { weight: 5, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          any.map(({ payload, ...options }) => frame(Buffer.from(payload), options)),
          fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
        ),
        { minLength: 1, maxLength: 5 },
      ),
      async (parts) => {
        const peer = await target.connect();
        peer.write(Buffer.concat(parts));
        peer.socket.end();
        for (const { opcode, payload } of await peer.allFrames()) {
          if (opcode === OPCODE.text)
            expect((JSON.parse(payload.toString()) as Received).code).not.toBe('internal');
          if (opcode === OPCODE.close && payload.length > 1)
            expect(payload.readUInt16BE()).not.toBe(SERVER_ERROR);
        }
      },
    ),
    { numRuns: 150 },
  );
  await target.expectUnharmed([CANARY]);
});

test('bytes of any kind where HTTP is expected', async () => {
  const good = request('GET', '/ws', [...UPGRADE, 'Authorization: Bearer a.b.c']);
  const broken = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [place, byte] of changes) bytes[place] = byte;
      return bytes;
    });
  const noise = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(broken, noise), async (bytes) => {
      const peer = await Peer.connect(target.port);
      peer.write(bytes);
      peer.socket.end();
      expect(await peer.rest()).not.toMatch(/^HTTP\/1\.1 (101|5(?!05))/);
    }),
    { numRuns: 200 },
  );
  await target.expectUnharmed([CANARY]);
});

/** Also of what is no Unicode. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
