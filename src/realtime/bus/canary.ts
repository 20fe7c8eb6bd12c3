/** This many in a row, and the bus is not to be trusted. */
const MISSES = 3;

export interface CanaryPorts {
  readonly intervalMs: number;
  /** Sends one off; the bus hands it to `returned` when it comes home. */
  release(flight: number): void;
  changed(isHealthy: boolean): void;
  /** Nothing came home any more, not even late: the connections are not to be trusted either. */
  silent(): void;
}

/**
 * A node's message to itself through the bus: subscriptions die silently while connections and health checks look
 * well. One that comes home after the next has left counts as missed, because hints are as late as it is.
 */
export class Canary {
  private readonly ports: CanaryPorts;
  private isHealthy: boolean | undefined;
  private flight = 0;
  private home = 0;
  private missed = 0;
  private silence = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(ports: CanaryPorts) {
    this.ports = ports;
  }

  start(): void {
    this.timer ??= setInterval(() => this.beat(), this.ports.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One more than the regular ones, e.g. as soon as there is something to find out. */
  fly(): void {
    this.flight += 1;
    this.ports.release(this.flight);
  }

  returned(flight: number): void {
    this.silence = 0;
    if (flight !== this.flight) return;
    this.home = flight;
    this.missed = 0;
    this.judge(true);
  }

  /** The connection told so itself. */
  cut(): void {
    this.judge(false);
  }

  private beat(): void {
    if (this.home === this.flight) this.missed = 0;
    else {
      this.missed += 1;
      this.silence += 1;
    }
    if (this.missed >= MISSES) this.judge(false);
    if (this.silence >= MISSES) {
      this.silence = 0;
      this.ports.silent();
    }
    this.fly();
  }

  private judge(isHealthy: boolean): void {
    if (isHealthy === this.isHealthy) return;
    this.isHealthy = isHealthy;
    this.ports.changed(isHealthy);
  }
}
