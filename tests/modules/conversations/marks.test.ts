import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Access } from '../../../src/modules/conversations/index.js';
import { type Mark, type Marked, Marks } from '../../../src/modules/conversations/marks.js';

let stored: Mark[][];
let raised: [userId: string, readSeq: number][];
let marks: Marks;
let head: number;
let failures: number;
/** While it is set, statements do not come back. */
let held: Promise<void> | undefined;
/** What the table holds. */
let rows: Map<string, number>;

async function store(batch: readonly Mark[]): Promise<Marked[]> {
  stored.push([...batch]);
  await held;
  if (failures-- > 0) throw new Error('PostgreSQL is away');
  return batch.map(({ userId, read, delivered }) => {
    const reach = Math.max(read, delivered);
    const readSeq = Math.max(rows.get(userId) ?? 0, read);
    const outcome =
      reach > head ? 'bad_seq' : readSeq > (rows.get(userId) ?? 0) ? 'raised' : 'same';
    if (outcome === 'raised') rows.set(userId, readSeq);
    return { outcome, head, deliveredSeq: reach, readSeq, userSeq: 1, unread: 0 };
  });
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'], now: 0 });
  stored = [];
  raised = [];
  head = 100;
  failures = 0;
  held = undefined;
  rows = new Map();
  marks = new Marks({
    store,
    raised: ({ userId }, { readSeq }) => raised.push([userId, readSeq]),
    clock: { now: () => Date.now() },
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const mark = (userId: string, read: number): Mark => ({
  access: { conversationId: 'c' } as Access,
  userId,
  delivered: read,
  read,
});
const read = (userId: string, seq: number) => marks.raise(mark(userId, seq));
const reads = () => stored.map((batch) => batch.map(({ userId, read: seq }) => `${userId}${seq}`));

describe('marks', () => {
  test('[P6] of everybody in one turn are one statement', async () => {
    await Promise.all([read('a', 1), read('b', 2), read('a', 3), pass(1)]);
    expect(reads()).toEqual([['a3', 'b2']]);
    expect(raised).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  test('[P6] of one person are written once a second, the newest of them', async () => {
    for (let n = 1; n <= 50; n += 1) {
      void read('a', n);
      await pass(100);
    }
    await pass(1_000);
    expect(stored.length).toBeLessThanOrEqual(7);
    expect(rows.get('a')).toBe(50);
  });

  test('that are due together go together, also when others are not', async () => {
    await Promise.all([read('a', 1), read('b', 1), pass(1)]);
    void read('a', 2);
    void read('b', 2);
    await Promise.all([read('c', 1), pass(1)]);
    expect(reads()).toEqual([['a1', 'b1'], ['c1']]);
    await pass(1_000);
    expect(reads().slice(2)).toEqual([['a2', 'b2']]);
  });

  test('that come while a statement is under way form the next', async () => {
    let release = () => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    const all = [read('a', 1)];
    await pass(1);
    all.push(read('b', 1), read('c', 1));
    await pass(1);
    expect(reads()).toEqual([['a1']]);
    held = undefined;
    release();
    await Promise.all([...all, pass(1)]);
    expect(reads()).toEqual([['a1'], ['b1', 'c1']]);
  });

  test('that say nothing new within the second are not written', async () => {
    await Promise.all([read('a', 5), pass(1)]);
    await Promise.all([read('a', 5), read('a', 4)]);
    await pass(5_000);
    expect(stored).toHaveLength(1);
  });

  test('[P6] beyond the head are refused, and take nobody else’s with them', async () => {
    const [good, bad, better] = [read('a', 5), read('a', 101), read('a', 6)];
    const refused = expect(bad).rejects.toMatchObject({ code: 'bad_seq' });
    await pass(1);
    await Promise.all([good, better, refused]);
    expect(rows.get('a')).toBe(6);
  });

  test('for which somebody waits are written at once, and fail at once', async () => {
    await Promise.all([read('a', 1), pass(1)]);
    await Promise.all([marks.raiseNow(mark('a', 2)), pass(1)]);
    expect(rows.get('a')).toBe(2);
    failures = 1;
    const failed = expect(marks.raiseNow(mark('a', 3))).rejects.toThrow('away');
    await pass(1);
    await failed;
  });

  test('[P6] outlive a database that is away for seconds', async () => {
    failures = 3;
    const one = read('a', 1);
    await pass(1_000);
    const two = read('a', 2);
    await pass(5_000);
    await Promise.all([one, two]);
    expect(rows.get('a')).toBe(2);
  });

  test('are given up when it stays away', async () => {
    failures = 100;
    const failed = expect(read('a', 1)).rejects.toThrow('away');
    await pass(60_000);
    await failed;
    expect(stored.length).toBe(10);
  });

  test('that still wait are written when the node stops', async () => {
    await Promise.all([read('a', 1), pass(1)]);
    void read('a', 2);
    await marks.flush();
    expect(rows.get('a')).toBe(2);
    failures = 100;
    const lost = expect(read('a', 3)).rejects.toThrow('away');
    await marks.flush();
    await lost;
    await marks.flush();
  });
});
