import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from '../../src/platform/redis.js';
import { openRedis } from '../../src/platform/redis.js';
import { createPresence, LEASE_MS, type Presence } from '../../src/realtime/presence/index.js';
import { presenceContract } from '../contracts/presence.contract.js';
import { silent } from '../support/log.js';
import { isolateRedis, ownRedis, type TestRedis } from '../support/redis.js';

let isolated: TestRedis;
let redis: Redis;
let now = 0;
const clock = { now: () => now };

async function open(url: string): Promise<Redis> {
  const opened = openRedis(url, silent);
  await once(opened, 'ready');
  return opened;
}

presenceContract('in Redis', async () => {
  const { url, prefix } = await isolateRedis();
  const connection = await open(url);
  return {
    create: () => presenceIn(connection, prefix),
    release: async () => connection.disconnect(),
  };
});

const presenceIn = (commands: Redis, prefix: string) =>
  createPresence({ commands, subscriber: commands, prefix }, clock);

const online = (userId: string, connectionId: string) =>
  ({ userId, connectionId, status: 'online' }) as const;
const people = Array.from({ length: 1_000 }, (_, n) => `user${n}`);

describe('a node that died', () => {
  let dead: Presence;
  let near: Presence;
  let far: Presence;
  let prefix: string;
  let runs = 0;

  beforeAll(async () => {
    isolated = await isolateRedis();
    redis = await open(isolated.url);
  });
  beforeEach(async () => {
    prefix = `${isolated.prefix}${++runs}`;
    now = 5_000;
    [dead, near, far] = [0, 1, 2].map(() => presenceIn(redis, prefix)) as [
      Presence,
      Presence,
      Presence,
    ];
    await dead.begin(people.map((userId) => online(userId, `c-${userId}`)));
    await near.begin([online('user0', 'elsewhere')]);
    await far.begin([]);
    now = 9_000;
  });
  afterAll(() => redis.disconnect());

  const leases = () => redis.keys(`${prefix}:presence:lease:*`);
  /** Time is up for the lease that was begun first: it alone was not renewed. */
  const lapse = async () => {
    const before = new Set(await leases());
    await Promise.all([near.renew(), far.renew()]);
    await dead.leave(0);
    expect((await leases()).length).toBe(before.size - 1);
  };

  test('is given up when its lease has run out, and not before', async () => {
    for (const key of await leases()) {
      const left = await redis.pttl(key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(LEASE_MS);
    }
    expect(await near.reap()).toEqual([]);
    expect((await near.statuses(people)).size).toBe(1_000);
  });

  test('loses all of its people together, those excepted who are elsewhere as well', async () => {
    await lapse();
    const gone = await near.reap();
    expect(gone.map(({ userId }) => userId).sort()).toEqual(people.slice(1).sort());
    expect(await near.statuses(people)).toEqual(new Map([['user0', 'online']]));
  });

  test('is reaped by any number of nodes, and one of them names each departure', async () => {
    await lapse();
    const gone = (await Promise.all([near.reap(), far.reap()])).flat();
    expect(gone).toHaveLength(999);
    expect(new Set(gone.map(({ userId }) => userId)).size).toBe(999);
    expect(await far.reap()).toEqual([]);
  });

  test('leaves no key behind', async () => {
    await lapse();
    await near.reap();
    await near.remove('user0', 'elsewhere');
    const left = await redis.keys(`${prefix}:presence:*`);
    expect(left.filter((key) => !/:(lease|nodes)/.test(key))).toEqual([]);
    expect(await redis.zcard(`${prefix}:presence:nodes`)).toBe(2);
  });

  test('and was only slow learns that its lease is gone, writes nothing under it, and begins anew', async () => {
    await lapse();
    expect(await dead.renew()).toBe(false);
    await expect(dead.set(online('user1', 'late'))).rejects.toThrow('lease');
    await near.reap();
    expect(await near.statuses(['user1'])).toEqual(new Map());
    await dead.begin([online('user1', 'c-user1')]);
    expect(await near.reap()).toEqual([]);
    expect(await near.statuses(['user1', 'user2'])).toEqual(new Map([['user1', 'online']]));
  });

  test('was seen last when it renewed its lease for the last time', async () => {
    now = 7_000;
    await dead.renew();
    const lease = await leases();
    now = 60_000;
    await redis.del(...lease);
    const gone = await near.reap();
    expect(gone.find(({ userId }) => userId === 'user1')?.at).toEqual(new Date(7_000));
  });

  test('by its own will has its people counted for the grace time', async () => {
    await dead.leave(10_000);
    expect(await near.reap()).toEqual([]);
    expect((await near.statuses(['user1'])).get('user1')).toBe('online');
    expect(
      Math.min(...(await Promise.all((await leases()).map((key) => redis.pttl(key))))),
    ).toBeLessThanOrEqual(10_000);
  });
});

test('Redis that is away rejects: nobody is taken to be offline', async () => {
  const server = await ownRedis();
  const connection = await open(server.url);
  const presence = presenceIn(connection, 'away');
  await presence.begin([online('u', 'c')]);
  await server.stop();
  await expect(presence.statuses(['u'])).rejects.toThrow();
  await expect(presence.renew()).rejects.toThrow();
  await expect(presence.remove('u', 'c')).rejects.toThrow();
  connection.disconnect();
});

test('Redis that was flushed has lost the lease', async () => {
  const server = await ownRedis();
  const connection = await open(server.url);
  const presence = presenceIn(connection, 'flushed');
  await presence.begin([online('u', 'c')]);
  await connection.flushdb();
  expect(await presence.renew()).toBe(false);
  await presence.begin([online('u', 'c')]);
  expect(await presence.renew()).toBe(true);
  expect(await presence.statuses(['u'])).toEqual(new Map([['u', 'online']]));
  connection.disconnect();
  await server.stop();
});

test('ten thousand connections are renewed by one small transaction', async () => {
  // One of its own: MONITOR shows what everybody says.
  const server = await ownRedis();
  const connection = await open(server.url);
  const presence = presenceIn(connection, 'renewed');
  await presence.begin(Array.from({ length: 10_000 }, (_, n) => online(`u${n}`, `c${n}`)));
  const seen: string[] = [];
  const monitor = await connection.monitor();
  monitor.on('monitor', (_time, args: string[]) => seen.push((args[0] as string).toLowerCase()));
  await presence.renew();
  await connection.echo('end');
  while (!seen.includes('echo')) await once(monitor, 'monitor');
  expect(seen.filter((name) => name !== 'echo')).toEqual(['multi', 'pexpire', 'zadd', 'exec']);
  monitor.disconnect();
  connection.disconnect();
  await server.stop();
});
