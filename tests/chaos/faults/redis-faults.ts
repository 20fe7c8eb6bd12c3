import { setTimeout as wait } from 'node:timers/promises';
import type { FaultContext, FaultSpec } from './fault.js';
import { BLACK_HOLE, CUT, LATENCY, ofNode, SLOW, spell } from './weathers.js';

const redisFault = (
  seconds: readonly [number, number],
  strike: FaultSpec['strike'],
  oneNode = false,
): FaultSpec => ({ group: 'redis', oneNode, seconds, strike });

async function stop({ cluster, seconds }: FaultContext): Promise<void> {
  await cluster.redis.stop();
  await wait(seconds * 1_000);
  await cluster.redis.start();
}

export const REDIS_FAULTS = {
  'Redis killed': redisFault([4, 12], stop),
  'Redis flushed': redisFault([0, 0], ({ cluster }) => cluster.redis.command('FLUSHALL')),
  'Redis subscribers killed': redisFault([0, 0], ({ cluster }) =>
    cluster.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  ),
  'Redis black-holed': redisFault([5, 12], ({ cluster, seconds }) =>
    spell(cluster.toRedis, BLACK_HOLE, seconds),
  ),
  'Redis at 1 kB/s': redisFault([5, 10], ({ cluster, seconds }) =>
    spell(cluster.toRedis, SLOW, seconds),
  ),
  'Redis 3 s away': redisFault([5, 10], ({ cluster, seconds }) =>
    spell(cluster.toRedis, LATENCY, seconds),
  ),
  'Redis cut from one node': redisFault(
    [4, 12],
    (context) => spell(ofNode(context.cluster.toRedis, context), CUT, context.seconds),
    true,
  ),
  'Redis black-holed for one node': redisFault(
    [5, 12],
    (context) => spell(ofNode(context.cluster.toRedis, context), BLACK_HOLE, context.seconds),
    true,
  ),
} satisfies Record<string, FaultSpec>;
