import { setTimeout as wait } from 'node:timers/promises';
import type { FaultContext, FaultSpec } from './fault.js';
import { BLACK_HOLE, CUT, LATENCY, ofNode, spell } from './weathers.js';

const postgresFault = (
  seconds: readonly [number, number],
  strike: FaultSpec['strike'],
  oneNode = false,
): FaultSpec => ({ group: 'postgres', oneNode, seconds, strike });

async function crash({ cluster, seconds }: FaultContext): Promise<void> {
  await cluster.postgres.crash();
  await wait(seconds * 1_000);
  await cluster.postgres.start();
}

/** `idle in transaction`, with a conversation in its hand. */
async function blockRow({
  cluster,
  seconds,
  random,
  conversationIds,
}: FaultContext): Promise<void> {
  const client = await cluster.postgres.connect();
  await client.query('begin');
  await client.query('select 1 from "Conversation" where "id" = $1 for update', [
    random.pick(conversationIds),
  ]);
  await wait(seconds * 1_000);
  await client.query('rollback');
  await client.end();
}

export const POSTGRES_FAULTS = {
  'PostgreSQL crashed': postgresFault([1, 6], crash),
  'PostgreSQL black-holed': postgresFault([5, 10], ({ cluster, seconds }) =>
    spell(cluster.toPostgres, BLACK_HOLE, seconds),
  ),
  'PostgreSQL black-holed for one node': postgresFault(
    [5, 10],
    (context) => spell(ofNode(context.cluster.toPostgres, context), BLACK_HOLE, context.seconds),
    true,
  ),
  'PostgreSQL cut from one node': postgresFault(
    [3, 8],
    (context) => spell(ofNode(context.cluster.toPostgres, context), CUT, context.seconds),
    true,
  ),
  'PostgreSQL 3 s away from one node': postgresFault(
    [5, 10],
    (context) => spell(ofNode(context.cluster.toPostgres, context), LATENCY, context.seconds),
    true,
  ),
  'PostgreSQL connections reset': postgresFault([0, 0], async ({ cluster }) => {
    for (const proxy of cluster.toPostgres) proxy.reset();
  }),
  'a conversation locked': postgresFault([4, 9], blockRow),
} satisfies Record<string, FaultSpec>;
