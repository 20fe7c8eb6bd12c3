import { describe, expect, test } from '@jest/globals';
import { callerAt } from '../../src/platform/address.js';
import { Admission } from '../../src/platform/admission.js';
import type { AppError } from '../../src/platform/errors.js';
import { createFakeClock } from '../support/clock.js';

describe('the caller at an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', 'unknown'],
    ['unknown', 'unknown'],
    ['203.0.113.7:443', 'unknown'],
    ['__proto__', 'unknown'],
  ])('%s is %s', (address, caller) => {
    expect(callerAt(address)).toBe(caller);
  });
});

function setUp({ lag = 0, perAddressPerSecond = 3, perSecond = 10 } = {}) {
  const clock = createFakeClock();
  const state = { lag, isClosed: false };
  const lagMs = () => state.lag;
  const isClosed = () => state.isClosed;
  const admission = new Admission({ perAddressPerSecond, perSecond, isClosed, clock, lagMs });
  const refusalOf = (ask: () => void): AppError | null => {
    try {
      ask();
      return null;
    } catch (error) {
      return error as AppError;
    }
  };
  const enter = (address: string) => refusalOf(() => admission.enter(address));
  const recall = (address: string) => refusalOf(() => admission.recall(address));
  /** How many of a hundred different callers get in at once. */
  const crowd = () =>
    Array.from({ length: 100 }, (_, n) => enter(`10.0.0.${n}`)).filter((no) => no === null).length;
  return { clock, state, enter, recall, crowd };
}

describe('the admission of connections', () => {
  test('an address opens so many a second, and the next one has to wait', () => {
    const { clock, enter } = setUp();
    for (let n = 0; n < 3; n++) expect(enter('203.0.113.7')).toBeNull();
    expect(enter('203.0.113.7')).toMatchObject({ code: 'rate_limited' });
    expect(enter('::ffff:203.0.113.7')).toMatchObject({ code: 'rate_limited' });
    expect(enter('203.0.113.8')).toBeNull();
    clock.advance(1_000);
    for (let n = 0; n < 3; n++) expect(enter('203.0.113.7')).toBeNull();
    expect(enter('203.0.113.7')).not.toBeNull();
  });

  test('whoever changes addresses within their network of IPv6 gains nothing', () => {
    const { enter } = setUp();
    const answers = [1, 2, 3, 4].map((n) => enter(`2001:db8:1:2::${n}`)?.code ?? null);
    expect(answers).toEqual([null, null, null, 'rate_limited']);
    expect(enter('2001:db8:1:3::1')).toBeNull();
  });

  test('all together open so many a second, and the others are told that the node is busy', () => {
    const { clock, enter, crowd } = setUp();
    expect(crowd()).toBe(10);
    expect(enter('203.0.113.7')).toMatchObject({ code: 'overloaded' });
    clock.advance(1_000);
    expect(crowd()).toBe(10);
  });

  test('one address that is refused takes no place of the others', () => {
    const { enter, crowd } = setUp();
    for (let n = 0; n < 1_000; n++) enter('203.0.113.7');
    expect(crowd()).toBe(7);
  });

  test('the later the event loop runs the fewer are let in, and never none', () => {
    const { clock, state, crowd } = setUp({ perSecond: 40, perAddressPerSecond: 100 });
    for (const [lag, admitted] of [
      [50, 40],
      [100, 20],
      [500, 4],
      [1e9, 2],
    ] as const) {
      state.lag = lag;
      clock.advance(60_000);
      expect([lag, crowd()]).toEqual([lag, admitted]);
    }
  });

  test('the time to come back is one to five seconds, and not the same for everybody', () => {
    const { enter, crowd } = setUp();
    crowd();
    const times = new Set<number | undefined>();
    for (let n = 0; n < 1_000; n++) times.add(enter(`198.51.100.${n % 250}`)?.retryAfterMs);
    expect([...times].sort()).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  test('nobody enters a node that is about to stop, whatever is free', () => {
    const { state, enter } = setUp();
    state.isClosed = true;
    expect(enter('203.0.113.7')).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
  });

  test('who asks why hears the same for ten seconds, and takes no place', () => {
    const { clock, enter, recall } = setUp({ perSecond: 5 });
    expect(recall('203.0.113.7')).toBeNull();
    for (let n = 0; n < 4; n++) enter('203.0.113.7');
    expect(recall('203.0.113.7')).toMatchObject({ code: 'rate_limited' });
    expect(recall('203.0.113.8')).toBeNull();
    for (let n = 0; n < 3; n++) enter('203.0.113.8');
    expect(recall('203.0.113.8')).toMatchObject({ code: 'overloaded' });
    clock.advance(9_999);
    expect(recall('203.0.113.7')).not.toBeNull();
    clock.advance(1);
    expect(recall('203.0.113.7')).toBeNull();
    for (let n = 0; n < 3; n++) expect(enter('203.0.113.7')).toBeNull();
  });
});
