import type { Clock } from './clock.js';

const EVERY_MS = 5_000;
/** Longer than a failover or a restart takes: those are sat out. */
const MAX_SILENCE_MS = 30_000;

/** Knows whether the database answered within the last half minute, without asking it when it is asked. */
export class DatabaseProbe {
  private readonly ask: () => Promise<unknown>;
  private readonly clock: Clock;
  private readonly timer = setInterval(() => void this.probe(), EVERY_MS).unref();
  private answeredAt: number;
  private isAsking = false;

  /** Begins as reachable: the schema has just been looked at. */
  constructor(ask: () => Promise<unknown>, clock: Clock) {
    this.ask = ask;
    this.clock = clock;
    this.answeredAt = clock.now();
  }

  get isReachable(): boolean {
    return this.clock.now() - this.answeredAt <= MAX_SILENCE_MS;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async probe(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      await this.ask();
      this.answeredAt = this.clock.now();
    } catch {
      // The silence says it.
    } finally {
      this.isAsking = false;
    }
  }
}
