/** Milliseconds since the epoch. Passed in wherever a test has to move time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
