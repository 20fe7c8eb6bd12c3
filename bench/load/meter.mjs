import { quantile } from '../support/statistics.mjs';

/** Counts one measurement. Messages sent before `from` or after `until` load the servers and are not counted. */
export class Meter {
  acked = 0;
  arrived = 0;
  latencies = [];
  lateness = [];

  constructor({ rampSeconds, seconds }) {
    this.from = performance.now() + rampSeconds * 1_000;
    this.until = this.from + seconds * 1_000;
    this.seconds = seconds;
  }

  get isOver() {
    return performance.now() >= this.until;
  }

  ack() {
    if (this.covers(performance.now())) this.acked++;
  }

  delivered(sentAt) {
    const now = performance.now();
    if (this.covers(now)) this.arrived++;
    if (this.covers(sentAt)) this.latencies.push(now - sentAt);
  }

  /** How much later than planned a message left: the load generator's own fault. */
  left(plannedAt) {
    this.lateness.push(performance.now() - plannedAt);
  }

  covers(time) {
    return time >= this.from && time < this.until;
  }

  summary() {
    return {
      ackedPerSecond: this.acked / this.seconds,
      deliveredPerSecond: this.arrived / this.seconds,
      p50Ms: quantile(this.latencies, 0.5),
      p99Ms: quantile(this.latencies, 0.99),
      generatorLateP99Ms: quantile(this.lateness, 0.99),
    };
  }
}
