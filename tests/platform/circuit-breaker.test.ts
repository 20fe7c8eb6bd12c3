import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createCircuitBreaker } from '../../src/platform/circuit-breaker.js';

const warnings: string[] = [];
const log = { warn: (_: unknown, text: string) => warnings.push(text) } as never;

beforeEach(() => {
  jest.useFakeTimers();
  warnings.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

/** A probe whose answers a test gives one by one. */
function open() {
  const asked: { answer: () => void; fail: () => void }[] = [];
  const probe = () =>
    new Promise<void>((answer, reject) => {
      asked.push({ answer, fail: () => reject(new Error('timeout expired')) });
    });
  const breaker = createCircuitBreaker({ name: 'the database', probe, log });
  const isOpen = () => {
    try {
      breaker.check();
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ETIMEDOUT' });
      return true;
    }
  };
  const settled = () => jest.advanceTimersByTimeAsync(0);
  return { breaker, asked, isOpen, settled };
}

test('one lost answer asks for a probe, and many still for one', async () => {
  const { breaker, asked, isOpen, settled } = open();
  for (let n = 0; n < 5; n += 1) breaker.suspect();
  expect(asked).toHaveLength(1);
  expect(isOpen()).toBe(false);
  asked[0]?.answer();
  await settled();
  expect(isOpen()).toBe(false);
  breaker.suspect();
  expect(asked).toHaveLength(2);
});

test('while the probe gets no answer all are refused, and one a second asks', async () => {
  const { breaker, asked, isOpen, settled } = open();
  breaker.suspect();
  asked[0]?.fail();
  await settled();
  expect(isOpen()).toBe(true);
  breaker.suspect();
  await jest.advanceTimersByTimeAsync(999);
  expect(asked).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  asked[1]?.fail();
  await jest.advanceTimersByTimeAsync(1_000);
  asked[2]?.answer();
  await settled();
  expect(isOpen()).toBe(false);
  expect(warnings).toEqual([
    'the database does not answer: refusing until it does',
    'the database answers again',
  ]);
});

test('once closed it asks no more', async () => {
  const { breaker, asked, settled } = open();
  breaker.suspect();
  asked[0]?.fail();
  await settled();
  breaker.close();
  breaker.suspect();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(1);
});
