import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTypingGate } from '../../../src/modules/conversations/typing.js';

/** The first at once, the others when they are due, less what the network may take. */
const TEN_TURNS_MS = 10 * 3_000 - 500;

let now: number;
let passes: (typist: string, isActive: boolean) => boolean;

beforeEach(() => {
  now = 0;
  passes = createTypingGate({ now: () => now });
});

describe('typing', () => {
  test('[P1] of a thousand signals a second one in three seconds is passed on', () => {
    let passed = 0;
    for (now = 0; now < TEN_TURNS_MS; now += 1) if (passes('me', true)) passed += 1;
    expect(passed).toBe(10);
  });

  test('[P1] of somebody who stops and begins again is no exception', () => {
    const passed = { true: 0, false: 0 };
    for (now = 0; now < TEN_TURNS_MS; now += 1)
      if (passes('me', now % 2 === 0)) passed[now % 2 === 0 ? 'true' : 'false'] += 1;
    expect(passed).toEqual({ true: 10, false: 10 });
  });

  test('[P1] that is repeated every three seconds is passed on, though the network is not that exact', () => {
    const late = [0, 200, 0, 400, 100, 0, 300, 0];
    for (const [n, ms] of late.entries()) {
      now = n * 3_000 + ms;
      expect([n, passes('me', true)]).toEqual([n, true]);
    }
  });

  test('[P1] that ends is passed on at once, if anybody was told that it began', () => {
    expect(passes('me', false)).toBe(false);
    expect(passes('me', true)).toBe(true);
    expect(passes('me', false)).toBe(true);
    expect(passes('me', false)).toBe(false);
  });

  test('of one says nothing of another', () => {
    expect(passes('me', true)).toBe(true);
    expect(passes('you', true)).toBe(true);
  });
});
