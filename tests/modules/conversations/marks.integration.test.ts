import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createConversationsRepository } from '../../../src/modules/conversations/index.js';
import type { Mark } from '../../../src/modules/conversations/marks.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openSupport,
  type Person,
} from '../../support/people.js';
import { connect } from '../../support/socket.js';

const ACCESS = {
  type: 'support',
  businessId: null,
  customerId: null,
  members: [],
  isParticipant: false,
  isStaff: false,
} as const;

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let id: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

/** Three messages of the customer, with the numbers 3 to 5. */
beforeEach(async () => {
  business = await createBusiness(node.database);
  customer = await meet(node.url);
  agent = await meetAgent(node.url, business);
  id = (await openSupport(node.url, customer, business)).id;
  for (const body of ['One', 'Two', 'Three']) await say(customer, body);
});

const as = ({ token }: Person) => api(node.url, token);
const say = (caller: Person, body: string) =>
  as(caller).post(`/api/conversations/${id}/messages`, { body });
const read = (caller: Person, seq: unknown) =>
  as(caller).post(`/api/conversations/${id}/read`, { seq });
const receipts = async () => (await as(agent).get(`/api/conversations/${id}`)).body.receipts;

describe('a mark', () => {
  test('beyond the last change is refused and changes nothing', async () => {
    for (const caller of [customer, agent]) {
      expect((await read(caller, 6)).body).toMatchObject({ status: 400, code: 'bad_seq' });
    }
    expect(await receipts()).toMatchObject([{ readSeq: 0 }]);
  });

  test.each([undefined, null, -1, 1.5, '3', 2_147_483_648, [3]])('at %j is wrong', async (seq) => {
    expect((await read(customer, seq)).body).toMatchObject({ code: 'bad_request' });
  });

  test('for another person cannot be asked for', async () => {
    const path = `/api/conversations/${id}/read`;
    const answer = await as(customer).post(path, { seq: 3, userId: agent.id });
    expect(answer.body).toMatchObject({ code: 'bad_request' });
  });

  test('rises and never falls; each rise takes a number of the own stream', async () => {
    await say(agent, 'Four');
    const marks = [];
    for (const seq of [0, 4, 3, 7, 7, 0]) {
      const { readSeq, userSeq, unread } = (await read(customer, seq)).body;
      marks.push([readSeq, userSeq, unread]);
    }
    expect(marks).toEqual([
      [0, 1, 1],
      [4, 2, 1],
      [4, 2, 1],
      [7, 3, 0],
      [7, 3, 0],
      [7, 3, 0],
    ]);
  });

  test('raced up and down it ends at the highest', async () => {
    await Promise.all([3, 5, 4, 3, 5, 4, 1, 2].map((seq) => read(customer, seq)));
    expect(await receipts()).toMatchObject([{ userId: customer.id, readSeq: 5, deliveredSeq: 5 }]);
  });

  test('of the customer is a receipt that staff get', async () => {
    const socket = await connect(node.url, { token: agent.token });
    await read(customer, 4);
    const receipt = await socket.frame('receipt', ({ readSeq }) => readSeq === 4);
    expect(receipt).toMatchObject({ conversationId: id, userId: customer.id, deliveredSeq: 4 });
    await socket.close();
  });

  test('of what was delivered says nothing of what was read, and none of it is lowered', async () => {
    const socket = await connect(node.url, { token: customer.token });
    const delivered = (seq: number) => socket.send({ type: 'delivered', conversationId: id, seq });
    delivered(5);
    delivered(3);
    await socket.frame('receipt');
    expect(await receipts()).toMatchObject([{ deliveredSeq: 5, readSeq: 0 }]);
    socket.send({ type: 'read', conversationId: id, seq: 4 });
    await socket.frame('receipt', ({ readSeq }) => readSeq === 4);
    expect(await receipts()).toMatchObject([{ deliveredSeq: 5, readSeq: 4 }]);
    await socket.close();
  });
});

describe('marks of many', () => {
  const mark = (of: Person, delivered: number, read: number, on = id) =>
    ({
      access: { ...ACCESS, conversationId: on, isStaff: of !== customer },
      userId: of.id,
      delivered,
      read,
    }) as const;
  const raise = (marks: readonly Mark[]) =>
    createConversationsRepository(node.database).raiseMarks(marks);

  test('are one statement, and each is judged for itself', async () => {
    const other = (await openSupport(node.url, await meet(node.url), business)).id;
    const stranger = await meet(node.url);
    expect(
      await raise([
        mark(customer, 4, 4),
        mark(agent, 9, 9),
        mark(agent, 1, 1, other),
        { ...mark(stranger, 1, 1), access: { ...ACCESS, conversationId: id } },
        mark(customer, 1, 1, randomUUID()),
      ]),
    ).toMatchObject([
      { outcome: 'raised', head: 5, deliveredSeq: 4, readSeq: 4, userSeq: 2, unread: 0 },
      { outcome: 'bad_seq', head: 5 },
      { outcome: 'raised', deliveredSeq: null, readSeq: 1, userSeq: 1, unread: 0 },
      { outcome: 'missing' },
      { outcome: 'missing' },
    ]);
    expect(await raise([mark(customer, 3, 4)])).toMatchObject([{ outcome: 'same', readSeq: 4 }]);
  });

  test('of one person take numbers of their stream in order, whatever else rises at the same time', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 8 },
        async () => (await openSupport(node.url, await meet(node.url), business)).id,
      ),
    );
    const raised = await Promise.all([
      raise(ids.map((on) => mark(agent, 1, 1, on))),
      raise(ids.toReversed().map((on) => mark(agent, 2, 2, on))),
    ]);
    const numbers = raised.map((rows) => rows.flatMap(({ userSeq }) => userSeq ?? []));
    for (const some of numbers) expect(some).toEqual([...some].sort((a, b) => a - b));
    const all = numbers.flat().sort((a, b) => a - b);
    expect(all).toEqual(all.map((_, index) => index + 1));
    expect(raised.flat().every(({ outcome }) => outcome !== 'bad_seq')).toBe(true);
    const { items } = (await as(agent).get('/api/conversations')).body;
    const mine = items.filter((item: { id: string }) => ids.includes(item.id));
    expect(mine.map((item: { me: { readSeq: number } }) => item.me.readSeq)).toEqual(
      Array(8).fill(2),
    );
  });

  test('of one person reach their other devices in the order of their stream', async () => {
    const socket = await connect(node.url, { token: agent.token });
    const writer = await connect(node.url, { token: agent.token });
    const ids = await Promise.all(
      Array.from(
        { length: 8 },
        async () => (await openSupport(node.url, await meet(node.url), business)).id,
      ),
    );
    for (const on of ids) writer.send({ type: 'read', conversationId: on, seq: 2 });
    const { position } = await socket.frame('ready');
    await socket.frame('membership', ({ userSeq }) => userSeq === position + 8);
    expect(socket.all('membership').map(({ userSeq }) => userSeq - position)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    await Promise.all([socket.close(), writer.close()]);
  });
});

describe('a mark over a socket', () => {
  test('is written with others of its second, and none of them is lost when the node stops', async () => {
    const other = await startNode({ databaseUrl: database.url });
    const socket = await connect(other.url, { token: customer.token, conversationId: id });
    for (const seq of [1, 2, 3, 4, 5]) {
      socket.send({ type: 'read', seq });
      await socket.settled();
    }
    const stopped = other.stop();
    await socket.closed;
    await stopped;
    expect(await receipts()).toMatchObject([{ readSeq: 5, deliveredSeq: 5 }]);
    expect(socket.all('receipt').length).toBeLessThan(5);
  });

  test('beyond the head is refused, and what waited with it is stored', async () => {
    const socket = await connect(node.url, { token: customer.token, conversationId: id });
    for (const [name, seq] of Object.entries({ a: 3, b: 9, c: 4 }))
      socket.send({ type: 'read', id: name, seq });
    expect(await socket.frame('error')).toMatchObject({ id: 'b', code: 'bad_seq' });
    await socket.frame('receipt', ({ readSeq }) => readSeq === 4);
    await socket.close();
  });
});

describe('staff who take no part', () => {
  test('have a mark of their own, which makes no receipt and no participant', async () => {
    const socket = await connect(node.url, { token: customer.token, conversationId: id });
    const mark = (await read(agent, 5)).body;
    expect(mark).toEqual({ conversationId: id, userSeq: 1, readSeq: 5, unread: 0 });
    await socket.settled();
    expect(socket.all('receipt').filter(({ userId }) => userId === agent.id)).toEqual([]);
    expect(await receipts()).toMatchObject([{ userId: customer.id }]);
    await socket.close();
  });

  test('have it risen, never lowered, and see it on their other devices', async () => {
    const socket = await connect(node.url, { token: agent.token });
    await read(agent, 4);
    expect((await read(agent, 3)).body).toMatchObject({ readSeq: 4, unread: 1 });
    expect(await socket.frame('membership')).toMatchObject({ readSeq: 4, userSeq: 1, unread: 1 });
    await socket.close();
  });

  test('who have read nothing are answered with an empty mark', async () => {
    expect((await read(agent, 0)).body).toMatchObject({ readSeq: 0, unread: 3 });
  });

  test('keep it when they join by answering, with its number in their own stream', async () => {
    const mark = (await read(agent, 4)).body;
    await say(agent, 'Hello');
    const { me, receipts: shown } = (await as(agent).get(`/api/conversations/${id}`)).body;
    expect(me).toEqual(mark);
    expect(shown[1]).toEqual({
      conversationId: id,
      userId: agent.id,
      deliveredSeq: 4,
      readSeq: 4,
    });
  });
});
