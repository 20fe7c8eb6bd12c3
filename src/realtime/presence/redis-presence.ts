import { randomBytes } from 'node:crypto';
import { batched, GATHER_MS } from '../../platform/batching.js';
import type { Clock } from '../../platform/clock.js';
import type { Redis } from '../../platform/redis.js';
import type { Status } from '../../protocol/resources/presence.js';
import {
  type Beat,
  type Change,
  combine,
  type Departure,
  type Presence,
  wentOffline,
} from './presence.js';

export interface RedisPresenceOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly clock: Clock;
  readonly leaseMs: number;
}

/** Connections that travel together: some 2 ms of Redis, so that publishes do not wait behind it. */
const CHUNK = 200;
/** What comes while a batch is under way is the next batch. One after the other, so that they keep their order. */
const IN_TURN = { atOnce: 1, most: CHUNK, gatherMs: GATHER_MS };
const READS = { atOnce: 2, most: CHUNK };

/** KEYS: lease, the node's members, one key per user. ARGV: node, then connection, user and status for each of them. */
const SAY = `
  -- What is written after the lease has run out would be reaped by nobody.
  if redis.call('EXISTS', KEYS[1]) == 0 then return false end
  local changes = {}
  for i = 3, #KEYS do
    local before, at = redis.call('HVALS', KEYS[i]), i * 3 - 7
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
    redis.call('HSET', KEYS[i], ARGV[1] .. ':' .. ARGV[at], ARGV[at + 2])
    changes[i - 2] = {before, redis.call('HVALS', KEYS[i])}
  end
  return changes`;

/** KEYS: a node's members, one key per user. ARGV: node, then a connection for each of them. */
const ERASE = `
  local changes = {}
  for i = 2, #KEYS do
    local before = redis.call('HVALS', KEYS[i])
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('HDEL', KEYS[i], ARGV[1] .. ':' .. ARGV[i])
    changes[i - 1] = {before, redis.call('HVALS', KEYS[i])}
  end
  return changes`;

/**
 * `lease:<node>` lives as long as it is renewed, by the clock of Redis alone. `members:<node>` maps connections to
 * users, `user:<id>` maps `<node>:<connection>` to a status, and `nodes` holds all nodes by their last renewal.
 * A lease that has run out is never taken up again: its node goes on under a new name, and the old one is reaped.
 */
export function createRedisPresence(options: RedisPresenceOptions): Presence {
  const { redis, clock, leaseMs } = options;
  const key = (kind: string, id: string) => `${options.prefix}:presence:${kind}:${id}`;
  const nodes = `${options.prefix}:presence:nodes`;
  const leaseOf = (name: string) => key('lease', name);
  let node = '';

  const run = async (script: string, keys: string[], args: string[]): Promise<Change[] | null> => {
    const changes = (await redis.eval(script, keys.length, ...keys, ...args)) as
      | [before: Status[], after: Status[]][]
      | null;
    if (!changes) return null;
    return changes.map(([before, after]) => ({ before: combine(before), after: combine(after) }));
  };

  const say = async (beats: readonly Beat[]): Promise<Change[]> => {
    const users = beats.map(({ userId }) => key('user', userId));
    const said = beats.flatMap((beat) => [beat.connectionId, beat.userId, beat.status]);
    const keys = [leaseOf(node), key('members', node), ...users];
    const changes = await run(SAY, keys, [node, ...said]);
    if (!changes) throw new Error('The lease of this node has run out.');
    return changes;
  };

  const erase = async (from: string, members: readonly Member[]): Promise<Change[]> => {
    const users = members.map(({ userId }) => key('user', userId));
    const connections = members.map(({ connectionId }) => connectionId);
    return (await run(ERASE, [key('members', from), ...users], [from, ...connections])) ?? [];
  };

  const reapNode = async (dead: string, at: Date): Promise<Departure[]> => {
    const gone = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await redis.hscan(key('members', dead), cursor, 'COUNT', CHUNK);
      const members = pairs(found).map(([connectionId, userId]) => ({ connectionId, userId }));
      const changes = await erase(dead, members);
      for (const [index, { userId }] of members.entries())
        if (wentOffline(changes[index] as Change)) gone.add(userId);
      cursor = next;
    } while (cursor !== '0');
    await redis.zrem(nodes, dead);
    return [...gone].map((userId) => ({ userId, at }));
  };

  const said = batched({ ...IN_TURN, answer: say });
  const erased = batched({
    ...IN_TURN,
    answer: (members: readonly Member[]) => erase(node, members),
  });
  let lastSaid: Promise<unknown> = Promise.resolve();

  const statusesOf = async (userIds: readonly string[]): Promise<Map<string, Status>> => {
    const found = new Map<string, Status>();
    for (let from = 0; from < userIds.length; from += CHUNK) {
      const some = userIds.slice(from, from + CHUNK);
      const pipeline = redis.pipeline();
      for (const userId of some) pipeline.hvals(key('user', userId));
      const replies = results(await pipeline.exec()) as Status[][];
      for (const [index, userId] of some.entries()) {
        const status = combine(replies[index] ?? []);
        if (status !== 'offline') found.set(userId, status);
      }
    }
    return found;
  };

  /** Everybody once: those who open the conversations of a business ask for the same staff. */
  const statusesFor = async (questions: readonly (readonly string[])[]) => {
    const found = await statusesOf([...new Set(questions.flat())]);
    return questions.map((userIds) => only(found, userIds));
  };

  return {
    begin: async (beats) => {
      const before = node;
      node = randomBytes(8).toString('hex');
      const begun = redis.multi().psetex(leaseOf(node), leaseMs, '');
      if (before) begun.del(leaseOf(before));
      results(await begun.zadd(nodes, clock.now(), node).exec());
      for (const some of chunks(beats)) await say(some);
    },
    renew: async () => {
      const renewed = redis.multi().pexpire(leaseOf(node), leaseMs);
      const [lives] = results(await renewed.zadd(nodes, 'XX', clock.now(), node).exec());
      return lives === 1;
    },
    set: (beat) => {
      const change = said(beat);
      lastSaid = change.catch(() => {});
      return change;
    },
    /** After all that was said before, or a connection that was said late would stay. */
    remove: (userId, connectionId) => lastSaid.then(() => erased({ userId, connectionId })),
    reap: async () => {
      const departures: Departure[] = [];
      for (const [name, renewedAt] of pairs(await redis.zrange(nodes, '0', '-1', 'WITHSCORES')))
        if ((await redis.exists(leaseOf(name))) === 0)
          departures.push(...(await reapNode(name, new Date(Number(renewedAt)))));
      return departures;
    },
    leave: async (graceMs) => {
      const left = redis.multi().pexpire(leaseOf(node), graceMs);
      results(await left.zadd(nodes, 'XX', clock.now(), node).exec());
      return [];
    },
    statuses: batched({ ...READS, answer: statusesFor }),
  };
}

interface Member {
  readonly userId: string;
  readonly connectionId: string;
}

function only(found: ReadonlyMap<string, Status>, userIds: readonly string[]): Map<string, Status> {
  const some = new Map<string, Status>();
  for (const userId of userIds) {
    const status = found.get(userId);
    if (status) some.set(userId, status);
  }
  return some;
}

function* chunks(beats: Iterable<Beat>): Generator<Beat[]> {
  let some: Beat[] = [];
  for (const beat of beats) {
    if (some.push(beat) < CHUNK) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** A flat list of names and values, as Redis answers it. */
function pairs(flat: readonly string[]): [name: string, value: string][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] as string] as [string, string]] : [],
  );
}

/** A pipeline does not reject by itself, and an error taken for an empty answer would make everybody offline. */
function results(replies: [error: Error | null, result: unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, result]) => {
    if (error) throw error;
    return result;
  });
}
