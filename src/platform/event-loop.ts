import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const WINDOW_MS = 500;

/** How much later than planned the turns of the event loop come, over the last half second. */
export class EventLoop {
  /** On average: how busy the process is. A single pause hardly shows. */
  lagMs = 0;
  /** The longest single pause. */
  worstMs = 0;
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer = setInterval(() => this.sample(), WINDOW_MS).unref();

  constructor() {
    this.delays.enable();
  }

  stop(): void {
    clearInterval(this.timer);
    this.delays.disable();
  }

  private sample(): void {
    this.lagMs = lateness(this.delays.mean);
    this.worstMs = lateness(this.delays.max);
    this.delays.reset();
  }
}

const lateness = (nanoseconds: number): number =>
  Math.max(0, (nanoseconds || 0) / 1e6 - RESOLUTION_MS);
