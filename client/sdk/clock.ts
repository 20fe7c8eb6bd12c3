export type Cancel = () => void;

/** The only source of time and timers in the SDK. */
export interface Clock {
  now(): number;
  after(delayMs: number, run: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A clock that can be stopped for good: what was planned is cancelled, nothing new is planned. */
export interface StoppableClock extends Clock {
  stop(): void;
}

export function stoppable(clock: Clock): StoppableClock {
  const planned = new Set<Cancel>();
  let stopped = false;
  return {
    now: () => clock.now(),
    after(delayMs, run) {
      if (stopped) return () => undefined;
      const cancel = clock.after(delayMs, () => {
        planned.delete(forget);
        run();
      });
      const forget = () => {
        planned.delete(forget);
        cancel();
      };
      planned.add(forget);
      return forget;
    },
    stop() {
      stopped = true;
      for (const cancel of [...planned]) cancel();
    },
  };
}
