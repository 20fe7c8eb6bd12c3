import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openDirect,
  openSupport,
  type Person,
} from '../../support/people.js';
import { connect } from '../../support/socket.js';

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let id: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  business = await createBusiness(node.database);
  agent = await meetAgent(node.url, business);
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

beforeEach(async () => {
  customer = await meet(node.url, { name: 'Amara Osei' });
  id = (await openSupport(node.url, customer, business)).id;
});

const as = ({ token }: Person) => api(node.url, token);
const path = () => `/api/conversations/${id}/messages`;
const send = (caller: Person, body: object) => as(caller).post(path(), body);
const history = async () => (await as(customer).get(path())).body.items;
const stored = () => node.database.prisma.message.count();

/** The body as it stands, whatever it says of itself. */
const raw = (text: string | Buffer, headers: Record<string, string> = {}) =>
  supertest(node.url)
    .post(path())
    .set({
      authorization: `Bearer ${customer.token}`,
      'content-type': 'application/json',
      ...headers,
    })
    .send(text as string);

describe('refused, with nothing stored', () => {
  let before: number;
  beforeEach(async () => {
    before = await stored();
  });
  const expectRefused = async (
    answer: { status: number; body: object; headers: Record<string, string> },
    status: number,
    code: string,
  ) => {
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(await stored()).toBe(before);
  };

  test('without a token', async () => {
    const answer = await api(node.url).post(path(), { body: 'Hello' });
    await expectRefused(answer, 401, 'unauthorized');
  });

  test.each([
    ['empty', '', 400, 'body_empty'],
    ['of spaces', ' \n\t\u00a0\u3000', 400, 'body_empty'],
    ['of 16 KiB + 1', 'x'.repeat(16_385), 413, 'body_too_long'],
    ['of 16 KiB + 1 in bytes', `${'é'.repeat(8_192)}x`, 413, 'body_too_long'],
    ['with NUL', 'a\u0000b', 400, 'bad_request'],
    ['with half a surrogate pair', 'a\ud83db', 400, 'bad_request'],
    ['that is a number', 7, 400, 'bad_request'],
    ['that is an object', { toString: 'x' }, 400, 'bad_request'],
    ['that is a list', ['Hello'], 400, 'bad_request'],
    ['that is null', null, 400, 'bad_request'],
  ])('a body %s', async (_name, body, status, code) => {
    await expectRefused(await send(customer, { body }), status, code);
  });

  test.each([
    'senderId',
    'sender',
    'seq',
    'changeSeq',
    'id',
    'createdAt',
    'role',
    'kind',
    'conversationId',
    'tenantId',
    'requestHash',
    'deletedAt',
  ])('a field that is not the caller’s to set: %s', async (field) => {
    const answer = await send(customer, { body: 'Hello', [field]: 1 });
    await expectRefused(answer, 400, 'bad_request');
    expect(answer.body.detail).toContain(`unknown field \`${field}\``);
  });

  test.each([
    { clientId: '' },
    { clientId: 'x'.repeat(65) },
    { clientId: '😀' },
    { clientId: 'a b' },
    { clientId: 7 },
    { clientId: { $ne: null } },
    { clientId: ['a'] },
    { replyTo: -1 },
    { replyTo: '3' },
    { replyTo: 1.5 },
    { replyTo: 2_147_483_648 },
    { ifLastSeq: -1 },
    { ifLastSeq: 'abc' },
  ])('%j', async (field) => {
    await expectRefused(await send(customer, { body: 'Hello', ...field }), 400, 'bad_request');
  });

  test.each(['', '{', '{"body":"Hello"', "{'body':'Hello'}", '[]', '42', '"x"', 'null', '\u0000'])(
    'JSON that is malformed or no object: %j',
    async (text) => {
      await expectRefused(await raw(text), 400, 'bad_request');
    },
  );

  test.each([
    '{"body":"Hello","__proto__":{"admin":true}}',
    '{"body":"Hello","constructor":{"prototype":{"admin":true}}}',
    '{"body":"Hello","\\u005f_proto__":{"admin":true}}',
  ])('what would poison a prototype: %s', async (text) => {
    await expectRefused(await raw(text), 400, 'bad_request');
    expect('admin' in {}).toBe(false);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/xml'])(
    'a body of the type %s',
    async (type) => {
      const answer = await raw('{"body":"Hello"}', { 'content-type': type });
      await expectRefused(answer, 415, 'unsupported_media_type');
    },
  );

  test.each(['gzip', 'br', 'deflate', 'x-unknown', 'gzip, identity'])(
    'a body encoded as %s',
    async (encoding) => {
      const answer = await raw('{"body":"Hello"}', { 'content-encoding': encoding });
      await expectRefused(answer, 415, 'unsupported_media_type');
    },
  );

  test('a reply to a number that no message has', async () => {
    for (const replyTo of [2, 9]) {
      const answer = await send(customer, { body: 'Hello', replyTo });
      await expectRefused(answer, 400, 'bad_seq');
    }
  });

  test('a payload beyond any message', async () => {
    const answer = await raw(`{"body":"${'x'.repeat(70_000)}"}`);
    await expectRefused(answer, 413, 'payload_too_large');
  });

  test('one by who takes no part in it', async () => {
    const stranger = await meet(node.url);
    await expectRefused(await send(stranger, { body: 'Hello' }), 404, 'not_found');
  });
});

describe('a message', () => {
  test('is answered as everybody gets it', async () => {
    const first = (await send(customer, { body: 'Hello' })).body;
    const answer = await send(customer, { body: 'Is it there?', clientId: 'key-1', replyTo: 3 });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      conversationId: id,
      seq: 4,
      changeSeq: 4,
      senderId: customer.id,
      sender: { id: customer.id, name: 'Amara Osei', role: 'CUSTOMER', avatar: null },
      clientId: 'key-1',
      kind: 'text',
      body: 'Is it there?',
      replyToSeq: 3,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
      editedAt: null,
      deletedAt: null,
    });
    expect(await history()).toEqual([first, answer.body]);
    expect((await as(agent).get(`${path()}/4`)).body).toEqual(answer.body);
  });

  test.each([
    ['markup', '<img src=x onerror=alert(1)>'],
    ['links of every kind', '[x](javascript:alert(1)) data:text/html,x'],
    ['an override of the direction', '\u202eevil\u202c'],
    ['10,000 bytes of combining marks', `e${'\u0301'.repeat(5_000)}`],
    ['emoji', '👩‍👩‍👧 🏳️‍🌈'],
    ['SQL', '\'; DROP TABLE "Message"; --'],
    ['what looks like an array of PostgreSQL', '{"a,b",NULL,\\"}'],
    ['spaces around', '  \n Hello \t '],
    ['16 KiB', 'x'.repeat(16_384)],
  ])('with %s is kept to the letter', async (_name, body) => {
    await send(customer, { body });
    expect((await history())[0].body).toBe(body);
  });

  test('without a key gets one of the service', async () => {
    const { body } = await send(customer, { body: 'Hello' });
    expect(body.clientId).toMatch(/^srv_[\w-]{20}$/);
  });

  test('by staff who answer for the first time makes them a participant', async () => {
    const { body } = await send(agent, { body: 'Hello' });
    const item = (await as(customer).get(`/api/conversations/${id}`)).body;
    expect(body.seq).toBe(4);
    expect(item.participants[1]).toMatchObject({
      userId: agent.id,
      role: 'agent',
      joinedSeq: 3,
      changeSeq: 3,
    });
  });

  test('keeps the name that its sender had', async () => {
    const sub = randomUUID();
    const before = await meet(node.url, { sub, name: 'Amara' });
    const other = await meet(node.url);
    const direct = (await openDirect(node.url, before, other)).id;
    await as(before).post(`/api/conversations/${direct}/messages`, { body: 'Hello' });
    await meet(node.url, { sub, name: 'Amara Osei' });
    const { items } = (await as(other).get(`/api/conversations/${direct}/messages`)).body;
    expect(items[0].sender.name).toBe('Amara');
  });

  test('with a body declared as not encoded is taken', async () => {
    const answer = await raw('{"body":"Hello"}', { 'content-encoding': 'identity' });
    expect(answer.status).toBe(201);
  });
});

describe('a repeat', () => {
  test('with another body or another reply under the same key is a conflict', async () => {
    await send(customer, { body: 'Hello', clientId: 'key' });
    for (const other of [{ body: 'Hello!' }, { body: 'Hello', replyTo: 1 }]) {
      const answer = await send(customer, { ...other, clientId: 'key' });
      expect(answer.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
      expect(JSON.stringify(answer.body)).not.toContain('Hello');
    }
    expect(await history()).toHaveLength(1);
  });

  test('answers 200 with the message of the first time, as it is now', async () => {
    const first = await send(customer, { body: 'Hello', clientId: 'key' });
    const again = await send(customer, { body: 'Hello', clientId: 'key' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
    await as(customer).patch(`${path()}/3`, { body: 'Edited' });
    const late = await send(customer, { body: 'Hello', clientId: 'key' });
    expect(late.body).toMatchObject({ duplicate: true, seq: 3, body: 'Edited' });
  });

  test('sent a hundred times at once on two nodes is one message', async () => {
    const other = await startNode({ databaseUrl: database.url });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        api(n % 2 ? node.url : other.url, customer.token).post(path(), {
          body: 'Hello',
          clientId: 'raced',
        }),
      ),
    );
    await other.stop();
    expect(new Set(answers.map(({ body }) => body.seq))).toEqual(new Set([3]));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
  });

  test('under the key of another sender is a message of its own', async () => {
    await send(customer, { body: 'Mine', clientId: 'key' });
    const answer = await send(agent, { body: 'Theirs', clientId: 'key' });
    expect(answer.status).toBe(201);
    expect(answer.body.body).toBe('Theirs');
  });
});

describe('a reply on a condition', () => {
  test('is refused when somebody else has written, and shows what', async () => {
    await send(customer, { body: 'One' });
    const newer = [
      (await send(customer, { body: 'Two' })).body,
      (await send(customer, { body: 'Three' })).body,
    ];
    const answer = await send(agent, { body: 'To one', ifLastSeq: 3 });
    expect(answer.body).toMatchObject({ status: 409, code: 'stale_reply', newer });
    expect(await history()).toHaveLength(3);
  });

  test('is stored when only the sender has written since', async () => {
    await send(customer, { body: 'One' });
    await send(customer, { body: 'Two' });
    expect((await send(customer, { body: 'Three', ifLastSeq: 3 })).status).toBe(201);
  });

  test('of two who answer at once one is told of the other', async () => {
    await send(customer, { body: 'Who is there?' });
    const second = await meetAgent(node.url, business, 'Noor');
    const answers = await Promise.all(
      [agent, second].map((caller) => send(caller, { body: 'I am', ifLastSeq: 3 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe('between the look at the rights and the write', () => {
  test('somebody may leave: they are told so', async () => {
    await send(customer, { body: 'Hello' });
    const where = { conversationId: id, userId: customer.id };
    await node.database.prisma.participant.updateMany({ where, data: { leftSeq: 4 } });
    const { body } = await send(customer, { body: 'Still here?' });
    expect(body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test('the conversation may go: it is not found', async () => {
    await send(customer, { body: 'Hello' });
    await node.database.prisma.conversation.delete({ where: { id } });
    const { body } = await send(customer, { body: 'Still there?' });
    expect(body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

test('over a socket the same service answers: ack, repeat, refusals', async () => {
  const socket = await connect(node.url, { token: customer.token, conversationId: id });
  const hello = { type: 'message', body: 'Hello', clientId: 'key' };
  socket.send({ ...hello, id: 'first' });
  expect(await socket.frame('ack', (ack) => ack.id === 'first')).toMatchObject({
    seq: 3,
    duplicate: false,
  });
  socket.send(hello);
  expect(await socket.frame('ack', (ack) => ack.duplicate)).toMatchObject({ seq: 3 });
  socket.send({ ...hello, body: 'Other', id: 'conflict' });
  socket.send({ type: 'message', body: ' ', id: 'empty' });
  const error = (of: string) => socket.frame('error', (frame) => frame.id === of);
  expect(await error('conflict')).toMatchObject({ code: 'idempotency_conflict' });
  expect(await error('empty')).toMatchObject({ code: 'body_empty' });
  await socket.close();
});
