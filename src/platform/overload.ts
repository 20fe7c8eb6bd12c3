import type { Clock } from './clock.js';
import { AppError } from './errors.js';

/** Some seconds of work for one node. */
const MAX_WAITING = 10_000;
/** While nothing at all gets done for so long, what is added would only wait for its time-out. */
const MAX_STANDSTILL_MS = 3_000;
const MAX_LAG_MS = 2_000;

export interface OverloadPorts {
  readonly clock: Clock;
  /** How late the event loop is. */
  readonly lagMs: () => number;
}

/** Keeps the work that waits bounded: what would not be done in time is refused at once, and may be repeated later. */
export class Overload {
  private readonly ports: OverloadPorts;
  private waiting = 0;
  private movedAt = 0;

  constructor(ports: OverloadPorts) {
    this.ports = ports;
  }

  /** Begins the work before it returns, or rejects with `overloaded`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.isOverloaded()) throw overloaded();
    if (this.waiting++ === 0) this.movedAt = this.ports.clock.now();
    try {
      return await work();
    } finally {
      this.waiting--;
      this.movedAt = this.ports.clock.now();
    }
  }

  private isOverloaded(): boolean {
    const { clock, lagMs } = this.ports;
    const standstill = this.waiting > 0 ? clock.now() - this.movedAt : 0;
    return this.waiting >= MAX_WAITING || standstill > MAX_STANDSTILL_MS || lagMs() > MAX_LAG_MS;
  }
}

export function overloaded(): AppError {
  return new AppError('overloaded', 'The service has more to do than it can. Try again soon.', {
    retryAfterMs: soon(),
  });
}

/** One to five whole seconds, at random: those who were refused together should not return together. */
export const soon = (): number => 1_000 * (1 + Math.floor(Math.random() * 5));
