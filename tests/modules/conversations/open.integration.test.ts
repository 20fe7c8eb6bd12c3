import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createConversationsRepository } from '../../../src/modules/conversations/index.js';
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

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

beforeEach(async () => {
  business = await createBusiness(node.database);
  customer = await meet(node.url, { name: 'Amara Osei' });
});

const as = ({ token }: Person) => api(node.url, token);
const support = (businessId: string) => ({ type: 'support', businessId });
const direct = (userId: string) => ({ type: 'direct', userId });
const rows = () => node.database.prisma.conversation.count();

describe('opening a support conversation', () => {
  test('nobody opens one without a token', async () => {
    const answer = await api(node.url).post('/api/conversations', support(business.id));
    expect(answer.body).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  test('a business that does not exist is not found', async () => {
    const answer = await as(customer).post('/api/conversations', support(randomUUID()));
    expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('staff cannot be customers of their own business', async () => {
    const agent = await meetAgent(node.url, business);
    const answer = await as(agent).post('/api/conversations', support(business.id));
    expect(answer.body).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test.each([
    {},
    { type: 'support' },
    { type: 'group' },
    { type: 'support', businessId: 'x' },
    { type: 'support', businessId: randomUUID(), userId: randomUUID() },
    { type: 'support', businessId: randomUUID(), status: 'resolved' },
    { type: 'direct', userId: `${randomUUID()} ` },
    { type: 'direct', userId: [randomUUID()] },
  ])('%j is wrong, and nothing is stored', async (body) => {
    const before = await rows();
    const answer = await as(customer).post('/api/conversations', body);
    expect(answer.body).toMatchObject({ status: 400, code: 'bad_request' });
    expect(await rows()).toBe(before);
  });

  test('the first time answers 201, the next time 200 with the same one', async () => {
    const [first, second] = [
      await as(customer).post('/api/conversations', support(business.id)),
      await as(customer).post('/api/conversations', support(business.id)),
    ];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(first.body).toMatchObject({
      type: 'support',
      status: 'open',
      business: { id: business.id, name: 'Kiln & Thread' },
      customer: { id: customer.id, name: 'Amara Osei' },
      changeSeq: 1,
      lastSeq: 2,
      lastMessage: null,
      unread: 0,
      participants: [{ userId: customer.id, role: 'customer', changeSeq: 2, joinedSeq: 2 }],
      receipts: [{ userId: customer.id, deliveredSeq: 0, readSeq: 0 }],
      me: { readSeq: 0, unread: 0 },
    });
  });

  test('raced by twenty requests it makes one, and one of them made it', async () => {
    const raced = await Promise.all(
      Array.from({ length: 20 }, () =>
        as(customer).post('/api/conversations', support(business.id)),
      ),
    );
    expect(new Set(raced.map(({ body }) => body.id)).size).toBe(1);
    expect(raced.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  test('staff who are connected learn of it at once, in the order of its numbers', async () => {
    const agent = await meetAgent(node.url, business);
    const socket = await connect(node.url, { token: agent.token });
    const { id } = await openSupport(node.url, customer, business);
    await socket.frame('participant', ({ conversationId }) => conversationId === id);
    const numbers = socket.frames
      .filter((frame) => 'conversationId' in frame && frame.conversationId === id)
      .map((frame) => 'changeSeq' in frame && [frame.type, frame.changeSeq]);
    expect(numbers).toEqual([
      ['conversation', 1],
      ['participant', 2],
    ]);
    await socket.close();
  });
});

describe('opening a direct conversation', () => {
  test('with oneself is wrong, with nobody not found', async () => {
    const own = await as(customer).post('/api/conversations', direct(customer.id));
    const unknown = await as(customer).post('/api/conversations', direct(randomUUID()));
    expect(own.body).toMatchObject({ status: 400, code: 'bad_request' });
    expect(unknown.body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('the other side finds the same one', async () => {
    const other = await meet(node.url, { name: 'Tomas' });
    const first = await openDirect(node.url, customer, other);
    const answer = await as(other).post('/api/conversations', direct(customer.id));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: first.id, business: null, customer: null, lastSeq: 3 });
    const people = first.participants.map(({ userId, role, changeSeq }) => [
      userId,
      role,
      changeSeq,
    ]);
    expect(people).toEqual([customer.id, other.id].sort().map((id, n) => [id, 'member', n + 2]));
  });

  test('started by both sides at once, again and again, it is one', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await meet(node.url), await meet(node.url)];
      const raced = await Promise.all(
        Array.from({ length: 10 }, (_, n) => {
          const [mine, theirs] = n % 2 ? [one, other] : [other, one];
          return as(mine).post('/api/conversations', direct(theirs.id));
        }),
      );
      expect(new Set(raced.map(({ body }) => body.id)).size).toBe(1);
      expect(raced.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(raced.filter(({ status }) => status === 200)).toHaveLength(9);
    }
  });

  test('both learn of it in their own streams', async () => {
    const other = await meet(node.url);
    const socket = await connect(node.url, { token: other.token });
    const { id } = await openDirect(node.url, customer, other);
    const membership = await socket.frame('membership', (frame) => frame.conversationId === id);
    expect(membership).toMatchObject({ userSeq: 1, readSeq: 0, unread: 0 });
    await socket.close();
  });
});

describe('a conversation of others', () => {
  const requests = (caller: Person, id: string) => [
    as(caller).get(`/api/conversations/${id}`),
    as(caller).patch(`/api/conversations/${id}`, { status: 'resolved' }),
    as(caller).post(`/api/conversations/${id}/read`, { seq: 1 }),
    as(caller).get(`/api/conversations/${id}/messages`),
    as(caller).post(`/api/conversations/${id}/messages`, { body: 'Hello' }),
    as(caller).get(`/api/conversations/${id}/messages/3`),
    as(caller).patch(`/api/conversations/${id}/messages/3`, { body: 'Other' }),
    as(caller).delete(`/api/conversations/${id}/messages/3`),
  ];

  const answers = async (caller: Person, id: string) =>
    (await Promise.all(requests(caller, id))).map(({ status, text, headers }) => ({
      status,
      text: text.replace(/"requestId":"[^"]+"/, ''),
      headers: Object.keys(headers).sort(),
      length: headers['content-length'],
    }));

  test('answers byte for byte as one that does not exist, but for the request id', async () => {
    const { id } = await openSupport(node.url, customer, business);
    await as(customer).post(`/api/conversations/${id}/messages`, { body: 'Secret' });
    const strangers = [
      await meet(node.url),
      await meetAgent(node.url, await createBusiness(node.database)),
    ];
    for (const stranger of strangers) {
      const foreign = await answers(stranger, id);
      expect(foreign).toEqual(await answers(stranger, randomUUID()));
      expect(new Set(foreign.map(({ status }) => status))).toEqual(new Set([404]));
    }
  });

  test.each([
    ['a number', '1'],
    ['SQL', "'%20OR%201=1"],
    ['NUL', '%00'],
    ['a prototype', '__proto__'],
    ['a way up', '..%2f..%2fetc%2fpasswd'],
    ['capitals', randomUUID().toUpperCase()],
    ['5,000 characters', 'a'.repeat(5_000)],
    ['half an escape', '%zz'],
  ])('has no address like %s', async (_name, id) => {
    const { body } = await as(customer).get(`/api/conversations/${id}`);
    expect(body).toMatchObject({ status: 400, code: 'bad_request' });
  });

  test('an agent who has answered and is staff no more sees it no more', async () => {
    const { prisma } = node.database;
    const agent = await meet(node.url);
    const member = { businessId: business.id, userId: agent.id, role: 'agent' };
    await prisma.businessMember.create({ data: member });
    const { id } = await openSupport(node.url, customer, business);
    const hello = await as(agent).post(`/api/conversations/${id}/messages`, { body: 'Hello' });
    expect(hello.status).toBe(201);
    await prisma.businessMember.deleteMany({ where: { userId: agent.id } });
    // Another node holds no rights in its memory.
    const other = await startNode({ databaseUrl: database.url });
    const answer = await api(other.url, agent.token).get(`/api/conversations/${id}`);
    await other.stop();
    expect(answer.status).toBe(404);
  });

  test('the rights of many are asked at once, and each gets their own', async () => {
    const { access } = createConversationsRepository(node.database);
    const agent = await meetAgent(node.url, business);
    const { id } = await openSupport(node.url, customer, business);
    const people = [customer.id, agent.id, randomUUID()];
    const rights = await Promise.all([
      ...people.map((userId) => access(userId, id)),
      access(agent.id, randomUUID()),
    ]);
    const known = {
      conversationId: id,
      businessId: business.id,
      customerId: customer.id,
      members: [],
    };
    expect(rights).toEqual([
      { ...known, type: 'support', isParticipant: true, isStaff: false },
      { ...known, type: 'support', isParticipant: false, isStaff: true },
      { ...known, type: 'support', isParticipant: false, isStaff: false },
      null,
    ]);
  });
});
