import { describe, expect, test } from '@jest/globals';
import { DatabaseProbe } from '../../src/platform/database-probe.js';
import { EventLoop } from '../../src/platform/event-loop.js';
import { Overload } from '../../src/platform/overload.js';
import { createFakeClock } from '../support/clock.js';

const REFUSED = { code: 'overloaded', retryAfterMs: expect.any(Number) };

function setUp() {
  const clock = createFakeClock();
  const state = { lag: 0 };
  const overload = new Overload({ clock, lagMs: () => state.lag });
  const finish: ((error?: Error) => void)[] = [];
  const begin = () =>
    overload.run(
      () =>
        new Promise<void>((resolve, reject) =>
          finish.push((error) => (error ? reject(error) : resolve())),
        ),
    );
  return { clock, state, overload, finish, begin };
}

describe('work under overload', () => {
  test('begins at once, so that it keeps its place', () => {
    const { begin, finish } = setUp();
    void begin();
    expect(finish).toHaveLength(1);
  });

  test('[S10] what waits is bounded: one more than 10,000 is refused and never begun', async () => {
    const { begin, finish } = setUp();
    const all = Array.from({ length: 10_000 }, begin);
    await expect(begin()).rejects.toMatchObject(REFUSED);
    expect(finish).toHaveLength(10_000);
    finish[0]?.();
    await all[0];
    const another = begin();
    for (const one of finish) one();
    await Promise.all([...all, another]);
  });

  test('[S10] when nothing was done for three seconds more is refused, until something moves', async () => {
    const { clock, begin, finish } = setUp();
    const stuck = begin();
    clock.advance(3_000);
    const later = begin();
    clock.advance(1);
    await expect(begin()).rejects.toMatchObject(REFUSED);
    finish[1]?.(new Error('timed out'));
    await expect(later).rejects.toThrow('timed out');
    void begin();
    finish[0]?.();
    await stuck;
  });

  test('a node that had nothing to do is not at a standstill', async () => {
    const { clock, overload } = setUp();
    clock.advance(3_600_000);
    await expect(overload.run(async () => 'done')).resolves.toBe('done');
  });

  test('while the event loop lags more than two seconds nothing is added', async () => {
    const { state, overload } = setUp();
    state.lag = 2_001;
    await expect(overload.run(async () => 'done')).rejects.toMatchObject(REFUSED);
    state.lag = 2_000;
    await expect(overload.run(async () => 'done')).resolves.toBe('done');
  });
});

describe('the event loop', () => {
  test('its longest pause and its average lateness are known, and forgotten when it runs again', async () => {
    const eventLoop = new EventLoop();
    const until = async (met: () => boolean) => {
      while (!met()) await new Promise((next) => setImmediate(next));
    };
    await new Promise((next) => setTimeout(next, 20));
    const end = performance.now() + 300;
    while (performance.now() < end);
    await until(() => eventLoop.worstMs > 200);
    expect(eventLoop.lagMs).toBeLessThan(eventLoop.worstMs);
    await until(() => eventLoop.worstMs < 200);
    eventLoop.stop();
  });
});

describe('the probe of the database', () => {
  test('an outage counts after half a minute, and an answer ends it', async () => {
    const clock = createFakeClock();
    let isAway = true;
    const probe = new DatabaseProbe(async () => {
      if (isAway) throw new Error('away');
    }, clock);
    clock.advance(30_000);
    await probe.probe();
    expect(probe.isReachable).toBe(true);
    clock.advance(1);
    await probe.probe();
    expect(probe.isReachable).toBe(false);
    isAway = false;
    await probe.probe();
    expect(probe.isReachable).toBe(true);
    probe.stop();
  });

  test('one question at a time: a database that hangs is not asked again and again', async () => {
    let asked = 0;
    const probe = new DatabaseProbe(() => new Promise<void>(() => void asked++), createFakeClock());
    void probe.probe();
    await probe.probe();
    expect(asked).toBe(1);
    probe.stop();
  });
});
