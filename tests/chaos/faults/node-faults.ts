import { setTimeout as wait } from 'node:timers/promises';
import type { ClusterNode } from '../cluster/node.js';
import type { KillPoint } from '../node/kill-points.js';
import type { FaultContext, FaultSpec } from './fault.js';

const OCCASION_MS = 8_000;

const nodeOf = ({ cluster, node }: FaultContext) => cluster.nodes[node] as ClusterNode;

const nodeFault = (seconds: readonly [number, number], strike: FaultSpec['strike']): FaultSpec => ({
  group: 'node',
  oneNode: true,
  seconds,
  strike,
});

async function kill(context: FaultContext): Promise<void> {
  await nodeOf(context).kill();
  await wait(context.seconds * 1_000);
  await nodeOf(context).start();
}

async function freeze(context: FaultContext): Promise<void> {
  nodeOf(context).freeze();
  await wait(context.seconds * 1_000);
  nodeOf(context).thaw();
}

async function drain(context: FaultContext): Promise<void> {
  await nodeOf(context).drain();
  await wait(context.seconds * 1_000);
  await nodeOf(context).start();
}

const killAt = (point: KillPoint): FaultSpec =>
  nodeFault([1, 4], async (context) => {
    const died = await nodeOf(context).arm(point, OCCASION_MS);
    await wait(context.seconds * 1_000);
    await nodeOf(context).start();
    return died ? 'at the point' : 'no occasion came, killed anyway';
  });

export const NODE_FAULTS = {
  'node killed': nodeFault([1, 5], kill),
  'node frozen': nodeFault([5, 15], freeze),
  'node drained and restarted': nodeFault([0, 2], drain),
  'node killed before the SQL': killAt('before-sql'),
  'node killed before the ack': killAt('between-commit-and-ack'),
  'node killed before the publish': killAt('between-commit-and-publish'),
  'node killed in a replay': killAt('mid-replay'),
} satisfies Record<string, FaultSpec>;
