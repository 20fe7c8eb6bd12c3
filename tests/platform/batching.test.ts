import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { batched } from '../../src/platform/batching.js';

/** Answers each number with its double once it is let go. */
function doubling(limits: { atOnce: number; most: number; gatherMs?: number }) {
  const batches: { questions: readonly number[]; answer(): void; fail(error: Error): void }[] = [];
  const ask = batched({
    ...limits,
    answer: (questions: readonly number[]) =>
      new Promise<number[]>((resolve, reject) => {
        const answer = () => resolve(questions.map((question) => question * 2));
        batches.push({ questions, answer, fail: reject });
      }),
  });
  return { ask, batches };
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
afterEach(() => void jest.useRealTimers());

const turn = () => new Promise(setImmediate);
const asked = ({ batches }: ReturnType<typeof doubling>) =>
  batches.map(({ questions }) => questions);

test('what is asked in one turn of the event loop is asked together, and everybody gets their own answer', async () => {
  const numbers = doubling({ atOnce: 1, most: 10 });
  const answers = [1, 2, 3].map(numbers.ask);
  await turn();
  expect(asked(numbers)).toEqual([[1, 2, 3]]);
  numbers.batches[0]?.answer();
  expect(await Promise.all(answers)).toEqual([2, 4, 6]);
});

test('what comes while batches are under way waits, and goes together when one is answered', async () => {
  const numbers = doubling({ atOnce: 2, most: 2 });
  const answers = [1, 2, 3, 4, 5].map(numbers.ask);
  await turn();
  answers.push(numbers.ask(6));
  await turn();
  expect(asked(numbers)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  numbers.batches[1]?.answer();
  await turn();
  await turn();
  expect(asked(numbers)).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  for (const { answer } of numbers.batches) answer();
  expect(await Promise.all(answers)).toEqual([2, 4, 6, 8, 10, 12]);
});

test('what comes soon after a batch is asked with what follows, and alone again after a pause', async () => {
  const numbers = doubling({ atOnce: 2, most: 10, gatherMs: 15 });
  const soon = async (number: number) => {
    void numbers.ask(number);
    await turn();
  };
  await soon(1);
  await soon(2);
  await soon(3);
  expect(asked(numbers)).toEqual([[1]]);
  jest.advanceTimersByTime(20);
  await turn();
  expect(asked(numbers)).toEqual([[1], [2, 3]]);
  for (const { answer } of numbers.batches) answer();
  jest.advanceTimersByTime(20);
  await turn();
  await soon(4);
  expect(asked(numbers)).toEqual([[1], [2, 3], [4]]);
});

test('nobody waits for more where nothing is gathered', async () => {
  const numbers = doubling({ atOnce: 3, most: 10 });
  for (const number of [1, 2, 3]) {
    void numbers.ask(number);
    await turn();
  }
  expect(asked(numbers)).toEqual([[1], [2], [3]]);
});

test('a batch that is full does not wait for more', async () => {
  const numbers = doubling({ atOnce: 2, most: 2, gatherMs: 15 });
  void numbers.ask(1);
  await turn();
  void numbers.ask(2);
  void numbers.ask(3);
  await turn();
  expect(asked(numbers)).toEqual([[1], [2, 3]]);
});

test('a batch that fails fails for those who asked in it, and the next one is asked', async () => {
  const numbers = doubling({ atOnce: 1, most: 1 });
  const [first, second] = [1, 2].map(numbers.ask);
  await turn();
  numbers.batches[0]?.fail(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  numbers.batches[1]?.answer();
  expect(await second).toBe(4);
});
