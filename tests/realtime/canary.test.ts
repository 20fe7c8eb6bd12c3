import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Canary } from '../../src/realtime/bus/canary.js';

const INTERVAL_MS = 1_500;

let flights: number[];
let health: boolean[];
let silences: number;
let canary: Canary;

beforeEach(() => {
  jest.useFakeTimers();
  [flights, health, silences] = [[], [], 0];
  canary = new Canary({
    intervalMs: INTERVAL_MS,
    release: (flight) => flights.push(flight),
    changed: (isHealthy) => health.push(isHealthy),
    silent: () => silences++,
  });
  canary.start();
  canary.fly();
});
afterEach(() => {
  canary.stop();
  jest.useRealTimers();
});

const newest = () => flights.at(-1) ?? 0;

/** The time of so many intervals, in each of which something comes home or not. */
function intervals(count: number, home: () => number | null): void {
  for (let n = 0; n < count; n++) {
    const flight = home();
    if (flight !== null) canary.returned(flight);
    jest.advanceTimersByTime(INTERVAL_MS);
  }
}

describe('the canary', () => {
  test('says once that the bus is healthy, and flies on', () => {
    intervals(5, newest);
    expect(health).toEqual([true]);
    expect(flights).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('notices within six seconds that nothing comes home, wherever in an interval it began', () => {
    intervals(2, newest);
    canary.returned(newest());
    jest.advanceTimersByTime(6_000);
    expect(health).toEqual([true, false]);
    expect(silences).toBe(1);
  });

  test('forgives two misses', () => {
    intervals(1, newest);
    intervals(2, () => null);
    intervals(1, newest);
    intervals(2, () => null);
    intervals(1, newest);
    expect(health).toEqual([true]);
  });

  test('takes one that comes late for missed, but not for a connection that is dead', () => {
    intervals(1, newest);
    intervals(8, () => newest() - 1);
    expect([health, silences]).toEqual([[true, false], 0]);
    intervals(1, newest);
    expect(health).toEqual([true, false, true]);
  });

  test('asks for new connections again for as long as nothing comes home', () => {
    intervals(9, () => null);
    expect([health, silences]).toEqual([[false], 3]);
  });

  test('believes a connection that says it was cut, until the next one comes home', () => {
    intervals(1, newest);
    canary.cut();
    canary.cut();
    expect(health).toEqual([true, false]);
    canary.fly();
    canary.returned(newest());
    expect(health).toEqual([true, false, true]);
  });
});
