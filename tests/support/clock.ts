import type { Clock } from '../../client/sdk/clock';

export interface FakeClock extends Clock {
  /** Runs what falls due on the way, in order. */
  advance(ms: number): void;
  /** Time passes while nothing runs, as on a sleeping phone. */
  sleep(ms: number): void;
  /** Timers that are planned. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let now = start;
  let order = 0;

  function due(until: number): Timer | undefined {
    return [...timers]
      .filter(({ at }) => at <= until)
      .sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
  return {
    now: () => now,
    after(delayMs, run) {
      order += 1;
      const timer = { at: now + delayMs, order, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.run();
      }
      now = until;
    },
    sleep(ms) {
      now += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets promises that are already settled run their consequences. */
export async function microtasks(): Promise<void> {
  for (let round = 0; round < 25; round += 1) await Promise.resolve();
}
