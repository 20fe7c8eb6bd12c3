export interface Intervals {
  /** Three misses are noticed within four of them. */
  readonly canaryMs: number;
  readonly sweepMs: number;
  /** While hints of other nodes do not arrive. */
  readonly degradedSweepMs: number;
  /** A lease outlives three of them. */
  readonly leaseMs: number;
}

export const INTERVALS: Intervals = {
  canaryMs: 1_500,
  sweepMs: 5_000,
  degradedSweepMs: 1_000,
  leaseMs: 20_000,
};
