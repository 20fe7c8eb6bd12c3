import type { Cluster } from '../cluster/cluster.js';
import type { Random } from '../random.js';

export interface FaultContext {
  readonly cluster: Cluster;
  readonly node: number;
  readonly seconds: number;
  readonly random: Random;
  /** Of the load: something for a lock to sit on. */
  readonly conversationIds: readonly string[];
}

/** Breaks something, and resolves when it is repaired; answers what there is to add. */
export interface FaultSpec {
  readonly group: 'node' | 'postgres' | 'redis' | 'network';
  /** Only one node feels it. */
  readonly oneNode: boolean;
  /** The shortest and the longest. */
  readonly seconds: readonly [number, number];
  strike(context: FaultContext): Promise<unknown>;
}
