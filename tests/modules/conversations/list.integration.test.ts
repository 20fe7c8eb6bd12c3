import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InboxItem } from '../../../src/protocol/resources/inbox-item.js';
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

let database: TestDatabase;
let node: TestNode;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

const as = ({ token }: Person) => api(node.url, token);
const list = async (caller: Person, query = ''): Promise<InboxItem[]> =>
  (await as(caller).get(`/api/conversations${query}`)).body.items;
const say = async (caller: Person, id: string, body: string): Promise<number> =>
  (await as(caller).post(`/api/conversations/${id}/messages`, { body })).body.seq;
const ids = (items: readonly { id: string }[]) => items.map(({ id }) => id);

/** Conversations of new customers, the first opened first. */
async function openSeveral(business: Business, count: number): Promise<InboxItem[]> {
  const items: InboxItem[] = [];
  for (let n = 0; n < count; n += 1) {
    items.push(await openSupport(node.url, await meet(node.url), business));
  }
  return items;
}

describe('who lists what', () => {
  test('nobody lists anything without a token', async () => {
    expect((await api(node.url).get('/api/conversations')).body).toMatchObject({ status: 401 });
  });

  test('staff do not list those of other businesses, customers not those of others', async () => {
    const [one, other] = [await createBusiness(node.database), await createBusiness(node.database)];
    const agent = await meetAgent(node.url, one);
    const customer = await meet(node.url);
    const own = await openSupport(node.url, customer, one);
    const [foreign] = await openSeveral(other, 1);
    const [stranger] = await openSeveral(one, 1);
    expect(ids(await list(agent)).sort()).toEqual(ids([own, stranger as InboxItem]).sort());
    expect(ids(await list(customer))).toEqual([own.id]);
    expect(await list(agent, `?businessId=${other.id}`)).toEqual([]);
    expect(ids(await list(agent))).not.toContain(foreign?.id);
  });

  test('an agent also lists direct conversations and support asked for elsewhere, each once', async () => {
    const [own, elsewhere] = [
      await createBusiness(node.database),
      await createBusiness(node.database),
    ];
    const agent = await meetAgent(node.url, own);
    const [answered] = await openSeveral(own, 1);
    const conversations = [
      answered as InboxItem,
      await openDirect(node.url, agent, await meet(node.url)),
      await openSupport(node.url, agent, elsewhere),
    ];
    await say(agent, conversations[0]?.id ?? '', 'Hello');
    expect(ids(await list(agent)).sort()).toEqual(ids(conversations).sort());
    expect(ids(await list(agent, `?businessId=${elsewhere.id}`))).toEqual([conversations[2]?.id]);
  });
});

describe('a page of the list', () => {
  test.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=abc',
    'limit=1&limit=2',
    'limit=1e309',
    'cursor=',
    'cursor=abc',
    'cursor=a&cursor=b',
    `cursor=${Buffer.from(`2026-99-99T99:99Z ${'-'.repeat(36)}`).toString('base64url')}`,
    `cursor=${'a'.repeat(129)}`,
    'status=closed',
    'status=open&status=resolved',
    'businessId=1',
    'businessId[]=1',
    'where[id]=1',
    'order=;drop',
    'take=1e9',
  ])('?%s is wrong', async (query) => {
    const answer = await as(await meet(node.url)).get(`/api/conversations?${query}`);
    expect(answer.status).toBe(400);
    expect(['bad_request', 'bad_cursor']).toContain(answer.body.code);
  });

  test('is empty for who has none', async () => {
    const answer = await as(await meet(node.url)).get('/api/conversations');
    expect(answer.body).toEqual({ items: [], nextCursor: null });
  });

  test('has the newest message first, and a message moves its conversation up', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    const [first, second, third] = ids(await openSeveral(business, 3));
    expect(ids(await list(agent))).toEqual([third, second, first]);
    await say(agent, first as string, 'Hello');
    expect(ids(await list(agent))).toEqual([first, third, second]);
  });

  test('pages follow each other without a gap or a repeat, also where times are equal', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    await openSeveral(business, 7);
    const at = new Date();
    const where = { businessId: business.id };
    await node.database.prisma.conversation.updateMany({ where, data: { lastMessageAt: at } });
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=3' : `?limit=3&cursor=${cursor}`;
      const { body } = await as(agent).get(`/api/conversations${query}`);
      seen.push(...ids(body.items));
      sizes.push(body.items.length);
      cursor = body.nextCursor;
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(seen).toEqual(ids(await list(agent)));
    expect(new Set(seen).size).toBe(7);
  });

  test('a page that ends the list has no cursor, also when it is full', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    await openSeveral(business, 2);
    const { body } = await as(agent).get('/api/conversations?limit=2');
    expect(body.items).toHaveLength(2);
    expect(body.nextCursor).toBeNull();
  });

  test('can be of one status only', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    const [first, second] = ids(await openSeveral(business, 2));
    await as(agent).patch(`/api/conversations/${first}`, { status: 'resolved' });
    expect(ids(await list(agent, '?status=open'))).toEqual([second]);
    expect(ids(await list(agent, '?status=resolved'))).toEqual([first]);
    expect(ids(await list(agent, `?status=resolved&businessId=${business.id}`))).toEqual([first]);
  });
});

describe('an item of the list', () => {
  test('is the same as the conversation asked for alone', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    const customer = await meet(node.url);
    const { id } = await openSupport(node.url, customer, business);
    await say(customer, id, 'Hello');
    for (const caller of [agent, customer]) {
      expect((await as(caller).get(`/api/conversations/${id}`)).body).toEqual(
        (await list(caller))[0],
      );
    }
  });

  test('counts what others wrote and one has not read, and shows the last message', async () => {
    const [one, other] = [await meet(node.url), await meet(node.url)];
    const { id } = await openDirect(node.url, one, other);
    const unread = async (person: Person) => (await list(person))[0]?.unread;
    await say(one, id, 'First');
    await say(one, id, 'Second');
    const seq = await say(other, id, 'Third');
    const item = (await list(one))[0];
    expect(item).toMatchObject({ unread: 1, me: { readSeq: 0, unread: 1 }, lastSeq: seq });
    expect(item?.lastMessage).toMatchObject({ seq, body: 'Third', senderId: other.id });
    expect(item?.lastMessageAt).toBe(item?.lastMessage?.createdAt);
    expect(await unread(other)).toBe(2);
    await as(one).delete(`/api/conversations/${id}/messages/${seq - 1}`);
    expect(await unread(other)).toBe(1);
    await as(other).post(`/api/conversations/${id}/read`, { seq });
    expect(await unread(other)).toBe(0);
  });

  test('counts to a hundred and no further', async () => {
    const [one, other] = [await meet(node.url), await meet(node.url)];
    const { id } = await openDirect(node.url, one, other);
    await Promise.all(Array.from({ length: 105 }, (_, n) => say(one, id, `Message ${n}`)));
    expect((await list(other))[0]?.unread).toBe(100);
  });

  test('of staff who left no mark has no membership, and counts everything', async () => {
    const business = await createBusiness(node.database);
    const agent = await meetAgent(node.url, business);
    const customer = await meet(node.url);
    const { id } = await openSupport(node.url, customer, business);
    await say(customer, id, 'Hello');
    expect((await list(agent))[0]).toMatchObject({ me: null, unread: 1 });
  });
});
