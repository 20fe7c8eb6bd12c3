import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { canDelete, canEdit, joinsAs } from '../../../src/modules/messages/policy.js';
import type { Message } from '../../../src/protocol/resources/message.js';
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
let agent: Person;
let customer: Person;
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

/** The customer wrote number 3; the agent joined with 4 and wrote 5. */
beforeEach(async () => {
  customer = await meet(node.url);
  id = (await openSupport(node.url, customer, business)).id;
  for (const [caller, body] of [
    [customer, 'Question'],
    [agent, 'Answer'],
  ] as const) {
    await as(caller).post(`/api/conversations/${id}/messages`, { body });
  }
});

const as = ({ token }: Person) => api(node.url, token);
const path = (seq: number) => `/api/conversations/${id}/messages/${seq}`;
const edit = (caller: Person, seq: number, body: unknown) => as(caller).patch(path(seq), { body });
const remove = (caller: Person, seq: number) => as(caller).delete(path(seq));
const at = async (seq: number): Promise<Message> => (await as(customer).get(path(seq))).body;
const head = async () => (await as(customer).get(`/api/conversations/${id}`)).body.lastSeq;

describe('who may', () => {
  const message = { senderId: 'author' } as Message;
  const caller = (userId: string) => ({ userId, staffOf: [] }) as never;
  const access = (type: string, isStaff: boolean, isParticipant = true) =>
    ({ type, isStaff, isParticipant }) as never;

  test.each([
    ['another edit', canEdit(caller('other'), message), false],
    ['another delete', canDelete(caller('other'), message, access('support', false)), false],
    [
      'another delete in a direct one',
      canDelete(caller('other'), message, access('direct', true)),
      false,
    ],
    ['staff delete', canDelete(caller('other'), message, access('support', true)), true],
    ['the author edit', canEdit(caller('author'), message), true],
    ['the author delete', canDelete(caller('author'), message, access('direct', false)), true],
    ['a customer join by writing', joinsAs(access('support', false)), null],
    ['staff join twice', joinsAs(access('support', true)), null],
    ['staff join by writing', joinsAs(access('support', true, false)), 'agent'],
  ])('%s', (_rule, decision, expected) => {
    expect(decision).toBe(expected);
  });
});

describe('editing', () => {
  test('is for the author alone, also against staff', async () => {
    expect((await edit(agent, 3, 'Twisted')).body).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await edit(customer, 5, 'Twisted')).body).toMatchObject({ status: 403 });
    expect([(await at(3)).body, (await at(5)).body]).toEqual(['Question', 'Answer']);
    expect(await head()).toBe(5);
  });

  test('a message that is not there is not found', async () => {
    expect((await edit(customer, 4, 'New')).body).toMatchObject({ code: 'not_found' });
    expect((await remove(customer, 99)).body).toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['', 'body_empty'],
    [' ', 'body_empty'],
    ['x'.repeat(16_385), 'body_too_long'],
    ['a\u0000', 'bad_request'],
    [null, 'bad_request'],
    [undefined, 'bad_request'],
  ])('keeps the rules of a body', async (body, code) => {
    expect((await edit(customer, 3, body)).body).toMatchObject({ code });
    expect((await at(3)).body).toBe('Question');
  });

  test('sets nothing else', async () => {
    const answer = await as(customer).patch(path(3), { body: 'New', senderId: agent.id });
    expect(answer.body).toMatchObject({ code: 'bad_request' });
  });

  test('takes one number, keeps the place and says when', async () => {
    const before = await at(3);
    const { body } = await edit(customer, 3, 'Better question');
    expect(body).toEqual({
      ...before,
      changeSeq: 6,
      body: 'Better question',
      editedAt: expect.any(String),
    });
    expect(await at(3)).toEqual(body);
    expect(await head()).toBe(6);
  });

  test('to what it says already changes nothing and takes no number', async () => {
    expect((await edit(customer, 3, 'Question')).body).toMatchObject({ editedAt: null });
    expect(await head()).toBe(5);
  });

  test('twenty times at once takes twenty numbers', async () => {
    const edits = await Promise.all(
      Array.from({ length: 20 }, (_, n) => edit(customer, 3, `Edit ${n}`)),
    );
    const numbers = edits.map(({ body }) => body.changeSeq).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n + 6));
  });

  test('reaches the others as the message as it is now', async () => {
    const socket = await connect(node.url, { token: agent.token, conversationId: id });
    await edit(customer, 3, 'Better question');
    expect(await socket.frame('message')).toMatchObject({ seq: 3, changeSeq: 6 });
    await socket.close();
  });
});

describe('deleting', () => {
  test('is not for the customer where staff wrote, nor for the other of a direct one', async () => {
    expect((await remove(customer, 5)).body).toMatchObject({ status: 403, code: 'forbidden' });
    const [one, other] = [await meet(node.url), await meet(node.url)];
    const direct = (await openDirect(node.url, one, other)).id;
    const messages = `/api/conversations/${direct}/messages`;
    const { seq } = (await as(one).post(messages, { body: 'Hello' })).body;
    expect((await as(other).delete(`${messages}/${seq}`)).body).toMatchObject({ status: 403 });
  });

  test('by the author leaves the place and takes the text, and one number', async () => {
    const before = await at(3);
    const { body } = await remove(customer, 3);
    expect(body).toEqual({ ...before, changeSeq: 6, body: '', deletedAt: expect.any(String) });
    const { prisma } = node.database;
    const kept = await prisma.message.findMany({ where: { conversationId: id, seq: 3 } });
    expect(JSON.stringify(kept)).not.toContain('Question');
  });

  test('by staff takes away what a customer wrote', async () => {
    expect((await remove(agent, 3)).body).toMatchObject({ body: '', changeSeq: 6 });
  });

  test('twice is the same as once', async () => {
    const first = await remove(customer, 3);
    expect((await remove(customer, 3)).body).toEqual(first.body);
    expect(await head()).toBe(6);
  });

  test('is final: an edit afterwards is told so', async () => {
    await remove(customer, 3);
    expect((await edit(customer, 3, 'Back')).body).toMatchObject({
      status: 409,
      code: 'message_deleted',
    });
    expect((await at(3)).body).toBe('');
  });
});

test('a line of the service itself is nobody’s to change', async () => {
  const where = { conversationId: id, seq: 3 };
  await node.database.prisma.message.updateMany({ where, data: { kind: 'system' } });
  expect((await edit(customer, 3, 'Mine')).body).toMatchObject({ status: 403, code: 'forbidden' });
  expect((await remove(agent, 3)).body).toMatchObject({ status: 403 });
});
