import { describe, expect, test } from '@jest/globals';
import type { AppError } from '../../src/platform/errors.js';
import type { Command } from '../../src/protocol/commands.js';
import { createFrameLimit } from '../../src/realtime/frame-limit.js';
import { createFakeClock } from '../support/clock.js';
import { fakeContext } from './fakes.js';

const message: Command = { type: 'message', body: 'hi' };

function setUp() {
  const clock = createFakeClock();
  const limit = { burst: 3, perSecond: 10 };
  const charge = createFrameLimit({ limit, clock, shared: undefined });
  const context = fakeContext();
  const refusal = (command: Command = message, by = context): AppError | null => {
    try {
      void charge(command.type, by.caller.userId);
      return null;
    } catch (error) {
      return error as AppError;
    }
  };
  return { clock, refusal };
}

describe('the limit on frames', () => {
  test('[S9] beyond the burst a message is refused until its share of time has passed', () => {
    const { clock, refusal } = setUp();
    for (let n = 0; n < 3; n++) expect(refusal()).toBeNull();
    expect(refusal()).toMatchObject({ code: 'rate_limited', retryAfterMs: 100 });
    clock.advance(100);
    expect(refusal()).toBeNull();
    expect(refusal()).not.toBeNull();
  });

  test('[S9] whoever comes back after `retryAfterMs` is served, however often they were refused before', () => {
    const { clock, refusal } = setUp();
    for (let n = 0; n < 3; n++) refusal();
    clock.advance(50);
    for (let n = 0; n < 20; n++) refusal();
    const { retryAfterMs } = refusal() as AppError;
    expect(retryAfterMs).toBe(50);
    clock.advance(50);
    expect(refusal()).toBeNull();
  });

  test('counts each user for themselves', () => {
    const { refusal } = setUp();
    for (let n = 0; n < 4; n++) refusal();
    expect(refusal(message, fakeContext())).toBeNull();
  });

  test('answers to pings are free, and what is cheap costs a little', () => {
    const { refusal } = setUp();
    for (let n = 0; n < 1_000; n++) expect(refusal({ type: 'pong' })).toBeNull();
    for (let n = 0; n < 25; n++) expect(refusal({ type: 'typing' })).toBeNull();
    expect(refusal()).not.toBeNull();
    expect(refusal({ type: 'ping' })).toBeNull();
  });

  test('saves up no more than the burst', () => {
    const { clock, refusal } = setUp();
    clock.advance(3_600_000);
    for (let n = 0; n < 3; n++) expect(refusal()).toBeNull();
    expect(refusal()).not.toBeNull();
  });
});
