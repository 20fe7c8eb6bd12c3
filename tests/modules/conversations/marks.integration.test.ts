import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
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
    await socket.settled();
    expect(await receipts()).toMatchObject([{ deliveredSeq: 5, readSeq: 0 }]);
    socket.send({ type: 'read', conversationId: id, seq: 4 });
    await socket.settled();
    expect(await receipts()).toMatchObject([{ deliveredSeq: 5, readSeq: 4 }]);
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
