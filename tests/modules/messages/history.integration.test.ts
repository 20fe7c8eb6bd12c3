import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Message } from '../../../src/protocol/resources/message.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import { meet, openDirect, type Person } from '../../support/people.js';

let database: TestDatabase;
let node: TestNode;
let one: Person;
let path: string;

/** Ten messages with the numbers 4 to 13; then 5 is edited (14) and 9 deleted (15). */
beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  one = await meet(node.url);
  const { id } = await openDirect(node.url, one, await meet(node.url));
  path = `/api/conversations/${id}/messages`;
  for (let n = 4; n <= 13; n += 1) await mine().post(path, { body: `Message ${n}` });
  await mine().patch(`${path}/5`, { body: 'Edited' });
  await mine().delete(`${path}/9`);
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

const mine = () => api(node.url, one.token);
const page = async (query: string) => {
  const { items, ...rest } = (await mine().get(`${path}?${query}`)).body;
  return { seqs: items.map(({ seq }: Message) => seq), ...rest };
};

describe('a page of history is refused', () => {
  test('to nobody in particular', async () => {
    expect((await api(node.url).get(path)).body).toMatchObject({ code: 'unauthorized' });
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=abc',
    'limit=',
    'limit=NaN',
    'limit=1.9',
    'limit=1e1',
    'limit=%201',
    'limit=0x1',
    'limit=true',
    'before=3.0',
    '__proto__=1',
    'limit=1&limit=2',
    'limit[]=1',
    'limit[gt]=1',
    'before=-1',
    'before=abc',
    'before=1e309',
    'after=9007199254740993',
    'after=2147483648',
    'after=1&after=2',
    'changedAfter=x',
    'before=9&after=3',
    'before=9&changedAfter=3',
    'cursor=3',
    'where[senderId]=1',
    'take=1e9',
    'order=;drop',
    'token=abc',
  ])('for ?%s', async (query) => {
    const { body } = await mine().get(`${path}?${query}`);
    expect(body).toMatchObject({ status: 400, code: 'bad_request' });
  });
});

describe('history', () => {
  const head = 15;

  test('without a query is the newest page, ascending, with the head of the same moment', async () => {
    expect(await page('')).toEqual({
      seqs: [4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
      nextCursor: null,
      head,
    });
  });

  test('backwards, page by page', async () => {
    expect(await page('limit=4')).toEqual({ seqs: [10, 11, 12, 13], nextCursor: 10, head });
    expect(await page('limit=4&before=10')).toEqual({ seqs: [6, 7, 8, 9], nextCursor: 6, head });
    expect(await page('limit=4&before=6')).toEqual({ seqs: [4, 5], nextCursor: null, head });
    expect(await page('limit=4&before=4')).toEqual({ seqs: [], nextCursor: null, head });
  });

  test('forwards, page by page', async () => {
    expect(await page('limit=4&after=0')).toEqual({ seqs: [4, 5, 6, 7], nextCursor: 7, head });
    expect(await page('limit=4&after=7')).toEqual({ seqs: [8, 9, 10, 11], nextCursor: 11, head });
    expect(await page('limit=4&after=11')).toEqual({ seqs: [12, 13], nextCursor: null, head });
    expect(await page('limit=2&after=11')).toEqual({ seqs: [12, 13], nextCursor: null, head });
    expect(await page('after=2147483647')).toEqual({ seqs: [], nextCursor: null, head });
  });

  test('changed since a number: what is newer, and what is older but was changed', async () => {
    expect(await page('changedAfter=12')).toEqual({ seqs: [5, 9, 13], nextCursor: null, head });
    expect(await page('changedAfter=14')).toEqual({ seqs: [9], nextCursor: null, head });
    expect(await page('changedAfter=15')).toEqual({ seqs: [], nextCursor: null, head });
    expect((await page('changedAfter=0')).seqs).toHaveLength(10);
  });

  test('changed since a number, page by page', async () => {
    const seen: number[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const { seqs, nextCursor }: { seqs: number[]; nextCursor: number | null } = await page(
        `changedAfter=8&limit=2&after=${after}`,
      );
      seen.push(...seqs);
      after = nextCursor;
    }
    expect(seen).toEqual([5, 9, 10, 11, 12, 13]);
  });

  test('shows what was edited and what was deleted', async () => {
    const { items } = (await mine().get(`${path}?changedAfter=13`)).body;
    expect(items).toMatchObject([
      { seq: 5, changeSeq: 14, body: 'Edited', deletedAt: null },
      { seq: 9, changeSeq: 15, body: '', editedAt: null },
    ]);
    expect(items[0].editedAt).toEqual(expect.any(String));
    expect(items[1].deletedAt).toEqual(expect.any(String));
  });

  test('gives 200 at most', async () => {
    await Promise.all(
      Array.from({ length: 205 }, (_, n) => mine().post(path, { body: `Message ${n}` })),
    );
    const { seqs, nextCursor } = await page('limit=200');
    expect(seqs).toHaveLength(200);
    expect(nextCursor).toBe(seqs[0]);
  });
});

describe('one message', () => {
  test.each(['0', '3', '99999'])('with the number %s is not there', async (seq) => {
    expect((await mine().get(`${path}/${seq}`)).body).toMatchObject({ code: 'not_found' });
  });

  test.each(['abc', '-1', '2147483648', '%00'])('has no number like %s', async (seq) => {
    expect((await mine().get(`${path}/${seq}`)).body).toMatchObject({ code: 'bad_request' });
  });

  test('is the same as in its page', async () => {
    const { items } = (await mine().get(`${path}?after=5&limit=1`)).body;
    expect((await mine().get(`${path}/6`)).body).toEqual(items[0]);
  });
});
