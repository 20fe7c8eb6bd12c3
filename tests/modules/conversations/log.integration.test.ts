import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createConversationLog, createUserLog } from '../../../src/modules/conversations/index.js';
import {
  type ChangePlace,
  type ConversationLog,
  NOTHING_AFTER,
} from '../../../src/realtime/log.js';
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
let log: ConversationLog;
let business: Business;
let customer: Person;
let agent: Person;
let id: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  log = createConversationLog(node.database);
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

/** Numbers: 1 conversation, 2 customer, 3 message, 4 agent, 5 message, 6 the edit of 3. */
beforeEach(async () => {
  business = await createBusiness(node.database);
  customer = await meet(node.url, { name: 'Amara Osei' });
  agent = await meetAgent(node.url, business);
  id = (await openSupport(node.url, customer, business)).id;
  const path = `/api/conversations/${id}/messages`;
  await as(customer).post(path, { body: 'Question' });
  await as(agent).post(path, { body: 'Answer' });
  await as(customer).patch(`${path}/3`, { body: 'Better question' });
});

const as = ({ token }: Person) => api(node.url, token);

async function slice(after: number, limit = 100) {
  const read = await log.read(id, after, limit);
  if (!read) throw new Error('There is no such conversation');
  return { ...read, changes: read.frames.map(({ type, changeSeq }) => [type, changeSeq]) };
}

describe('what changed in a conversation after a number', () => {
  test('is null where there is none', async () => {
    expect(await log.read(randomUUID(), 0, 100)).toBeNull();
  });

  test('is read for many at once, each from a number of its own', async () => {
    const other = (await openSupport(node.url, await meet(node.url, {}), business)).id;
    const asked = [
      [id, 5],
      [randomUUID(), 0],
      [other, 0],
      [id, 0],
      [id, 5],
      [other, NOTHING_AFTER],
      [id, NOTHING_AFTER],
    ] as const;
    const slices = await Promise.all(asked.map(([of, after]) => log.read(of, after, 100)));
    const numbers = slices.map((it) => it && [it.head, ...it.frames.map((one) => one.changeSeq)]);
    expect(numbers).toEqual([[6, 6], null, [2, 1, 2], [6, 1, 2, 4, 6, 5], [6, 6], [2], [6]]);
    expect(slices[3]?.people).toEqual([customer.id, agent.id]);
    expect(slices[2]?.people).not.toContain(customer.id);
  });

  test('is everything after nothing: its state, its people, its messages by their place', async () => {
    expect((await slice(0)).changes).toEqual([
      ['conversation', 1],
      ['participant', 2],
      ['participant', 4],
      ['message', 6],
      ['message', 5],
    ]);
  });

  test('is what is newer and what is older but was changed, and nothing at the head', async () => {
    expect((await slice(4)).changes).toEqual([
      ['message', 6],
      ['message', 5],
    ]);
    expect((await slice(5)).changes).toEqual([['message', 6]]);
    expect(await slice(6)).toMatchObject({ head: 6, frames: [], overflow: false });
  });

  test('is told to be too much instead of being cut', async () => {
    expect(await slice(0, 1)).toMatchObject({ frames: [], overflow: true, head: 6 });
    expect(await slice(0, 2)).toMatchObject({ overflow: false });
  });

  test('comes with the people who are in it, and their receipts', async () => {
    await node.database.prisma.participant.updateMany({
      where: { conversationId: id, userId: agent.id },
      data: { leftSeq: 7, changeSeq: 7 },
    });
    const { people, receipts, businessId, changes } = await slice(6);
    expect({ people, businessId }).toEqual({ people: [customer.id], businessId: business.id });
    expect(receipts).toMatchObject([{ userId: customer.id, deliveredSeq: 0, readSeq: 0 }]);
    expect(changes).toEqual([['participant', 7]]);
  });

  test('names the last message and the one at the number, so that another history is noticed', async () => {
    const [start, middle, head] = [await slice(0), await slice(4), await slice(6)];
    expect(start.tailBefore).toEqual({ seq: 0, hash: '' });
    expect(middle.tailBefore.seq).toBe(3);
    expect(middle.tail).toEqual(head.tailBefore);
    expect(head.tail).toEqual({ seq: 5, hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(middle.tailBefore.hash).not.toBe(head.tail.hash);
  });
});

describe('what the sweep asks', () => {
  const idsOf = (heads: readonly { id: string }[]) => heads.map((head) => head.id);

  test('conversations that changed in a span of time, with their heads and whom to tell', async () => {
    const since = (await log.moment()).now;
    const direct = await openDirect(node.url, customer, agent);
    await as(agent).patch(`/api/conversations/${id}`, { status: 'resolved' });
    const until = (await log.moment()).now + 1;
    const span = (changedAt: number) => ({ changedAt, id: null });
    const heads = await log.changed(span(since - 1), until, 1_000);
    const changed = await log.addressed(heads);
    expect(changed).toContainEqual({
      id,
      lastSeq: 7,
      topics: [`business:${business.id}`, `user:${customer.id}`],
    });
    expect(changed).toContainEqual({
      id: direct.id,
      lastSeq: 3,
      topics: [customer.id, agent.id].sort().map((one) => `user:${one}`),
    });
    expect(idsOf(await log.changed(span(until), until + 1_000, 1_000))).toEqual([]);
    expect(await log.addressed([{ id: randomUUID(), lastSeq: 1 }])).toEqual([]);
  });

  test('page by page, also where many changed in one millisecond', async () => {
    const prisma = node.database.prisma;
    const at = new Date('2020-01-01T00:00:00.123Z');
    const ids = Array.from({ length: 7 }, () => randomUUID()).sort();
    const rows = ids.map((one) => ({ id: one, type: 'direct', changedAt: at }));
    await prisma.conversation.createMany({ data: rows });
    const found: string[] = [];
    let after: ChangePlace = { changedAt: at.getTime(), id: null };
    for (;;) {
      const heads = await log.changed(after, at.getTime(), 3);
      found.push(...idsOf(heads));
      const last = heads.at(-1);
      if (!last || heads.length < 3) break;
      after = last;
    }
    expect(found).toEqual(ids);
    await prisma.conversation.deleteMany({ where: { id: { in: ids } } });
  });

  test('users whose own stream has gone beyond a position', async () => {
    const { ahead } = createUserLog(node.database);
    const held = [
      { userId: customer.id, position: 0 },
      { userId: agent.id, position: 1_000 },
      { userId: randomUUID(), position: 0 },
    ];
    expect(await ahead(held)).toEqual([customer.id]);
    expect(await ahead([])).toEqual([]);
  });

  test('of a user: their own, and of staff those of the business', async () => {
    const stranger = await meet(node.url);
    const callers = [
      [stranger, []],
      [customer, []],
      [agent, [business.id]],
    ] as const;
    const seen = await Promise.all(
      callers.map(([{ id: userId }, staffOf]) =>
        log.changedFor({ userId, staffOf } as never, 0, 100),
      ),
    );
    expect(seen.map((heads) => idsOf(heads).includes(id))).toEqual([false, true, true]);
  });

  test('the identity of the data, which stays the same', async () => {
    const { epoch, written } = await log.moment();
    expect(epoch).toMatch(/^[0-9a-f]+-\d+$/);
    const later = await log.moment();
    expect(later.epoch).toBe(epoch);
    expect(later.written).toBeGreaterThanOrEqual(written);
  });
});

describe('the own stream of a user', () => {
  const own = (userId: string, after: number) => createUserLog(node.database).read(userId, after);

  test('of nobody is empty', async () => {
    expect(await own(randomUUID(), 0)).toEqual({ head: 0, memberships: [] });
  });

  test('has what changed after a number, and nothing at its head', async () => {
    await as(customer).post(`/api/conversations/${id}/read`, { seq: 5 });
    const { head, memberships } = await own(customer.id, 1);
    expect({ head, memberships }).toEqual({
      head: 2,
      memberships: [{ conversationId: id, userSeq: 2, readSeq: 5, unread: 0 }],
    });
    expect(await own(customer.id, 2)).toEqual({ head: 2, memberships: [] });
  });
});

describe('typing', () => {
  test('in a conversation of others is refused as in one that does not exist', async () => {
    const socket = await connect(node.url, { token: (await meet(node.url)).token });
    socket.send({ type: 'typing', conversationId: id, id: 'mine' });
    expect(await socket.frame('error')).toMatchObject({ id: 'mine', code: 'not_found' });
    await socket.close();
  });

  test('reaches the others and not the connection that types, and stores nothing', async () => {
    const theirs = await connect(node.url, { token: agent.token });
    const mine = await connect(node.url, { token: customer.token });
    mine.send({ type: 'typing', conversationId: id });
    mine.send({ type: 'typing', conversationId: id, active: false });
    const typing = { conversationId: id, userId: customer.id, name: 'Amara Osei' };
    expect(await theirs.frame('typing', ({ active }) => active)).toMatchObject(typing);
    expect(await theirs.frame('typing', ({ active }) => !active)).toMatchObject(typing);
    await mine.settled();
    expect(mine.all('typing')).toEqual([]);
    expect((await slice(0)).head).toBe(6);
    await Promise.all([mine.close(), theirs.close()]);
  });
});
