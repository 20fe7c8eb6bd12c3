import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect as dial } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openRedis } from '../../src/platform/redis.js';
import { createFrameLimit } from '../../src/realtime/frame-limit.js';
import { createRedisSharedLimit } from '../../src/realtime/redis-shared-limit.js';
import { api } from '../support/api.js';
import { createFakeClock } from '../support/clock.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';
import { startNode, type TestNode } from '../support/node.js';
import { createBusiness, meet, openSupport, type Person } from '../support/people.js';
import { isolateRedis, ownRedis } from '../support/redis.js';
import { connect } from '../support/socket.js';

let database: TestDatabase;
let node: TestNode | undefined;

beforeAll(async () => {
  database = await cloneDatabase();
});
afterEach(async () => {
  await node?.stop();
  node = undefined;
});
afterAll(() => database.drop());

async function start(env: Record<string, string>): Promise<TestNode> {
  node = await startNode({ databaseUrl: database.url, env });
  return node;
}

interface Opened {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** One connection, by socket or by stream, given up as soon as it is answered. */
async function open(url: string, { token }: Person, headers = {}, path = '/ws'): Promise<Opened> {
  const all = { authorization: `Bearer ${token}`, ...(path === '/sse' ? {} : UPGRADE), ...headers };
  const asking = request(new URL(path, url), { headers: all, agent: false });
  asking.on('error', () => {});
  asking.end();
  const [answer] = (await Promise.race([once(asking, 'response'), once(asking, 'upgrade')])) as [
    IncomingMessage,
  ];
  asking.destroy();
  return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] };
}

describe('a storm of connections', () => {
  const storm = (by: (n: number) => Promise<Opened>) =>
    Promise.all(Array.from({ length: 12 }, (_, n) => by(n)));
  const refused = (answers: Opened[], status: number) => answers.filter((a) => a.status === status);

  test('[C12] from one address is refused at every door with 429 and a time to come back', async () => {
    const { url } = await start({ LIMIT_UPGRADES_PER_IP_PER_SECOND: '1' });
    const who = await meet(url);
    const doors = ['/ws', '/sse', '/%77s'];
    const answers = await storm((n) => open(url, who, {}, doors[n % 3]));
    for (const door of [0, 1, 2]) {
      const late = refused(
        answers.filter((_, n) => n % 3 === door),
        429,
      );
      expect(late.length).toBeGreaterThan(0);
      for (const { retryAfter } of late) expect(retryAfter).toMatch(/^[1-5]$/);
    }
    expect(refused(answers, 429).length).toBeLessThan(answers.length);
  });

  test('[C12] is not hidden by a forged X-Forwarded-For', async () => {
    const { url } = await start({ LIMIT_UPGRADES_PER_IP_PER_SECOND: '1' });
    const who = await meet(url);
    const forged = (n: number) => open(url, who, { 'x-forwarded-for': `203.0.113.${n}` });
    expect(refused(await storm(forged), 429).length).toBeGreaterThan(0);
  });

  test('behind a trusted proxy callers are counted by the address that it saw', async () => {
    const { url } = await start({ LIMIT_UPGRADES_PER_IP_PER_SECOND: '1', TRUST_PROXY: '1' });
    const who = await meet(url);
    const seen = (n: number) => open(url, who, { 'x-forwarded-for': `2001:db8:0:${n}::1` });
    expect(refused(await storm(seen), 429)).toEqual([]);
    const sameNetwork = (n: number) =>
      open(url, who, { 'x-forwarded-for': `2001:db8:9:9::${n + 1}` });
    expect(refused(await storm(sameNetwork), 429).length).toBeGreaterThan(0);
  });

  test('[C12] beyond what the node takes is refused with 503, which the check repeats, and REST goes on', async () => {
    const { url } = await start({ LIMIT_UPGRADES_PER_SECOND: '1' });
    const who = await meet(url);
    const late = refused(await storm(() => open(url, who)), 503);
    expect(late.length).toBeGreaterThan(0);
    for (const { retryAfter } of late) expect(retryAfter).toMatch(/^[1-5]$/);
    const [check, me] = await Promise.all(
      ['/api/connection-check', '/api/me'].map((path) => api(url, who.token).get(path)),
    );
    expect(check).toMatchObject({ status: 503, body: { code: 'overloaded' } });
    expect(check?.headers['retry-after']).toMatch(/^[1-5]$/);
    expect(me?.status).toBe(200);
  });

  test('more connections than a node holds are cut off', async () => {
    const { port } = await start({ LIMIT_CONNECTIONS: '2' });
    const kept = [dial(port, '127.0.0.1'), dial(port, '127.0.0.1')];
    await Promise.all(kept.map((socket) => once(socket, 'connect')));
    await once(dial(port, '127.0.0.1').resume(), 'close');
    expect(kept.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    for (const socket of kept) socket.destroy();
  });

  test('[C12] is turned away before anybody asks who it is', async () => {
    const { url } = await start({ LIMIT_UPGRADES_PER_SECOND: '1' });
    const nobody = { id: randomUUID(), token: 'none' };
    const answers = await storm(() => open(url, nobody));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
  });
});

describe('a user who sends too much', () => {
  test('[S9] by REST is charged as by frames, and nothing beyond the limit is stored', async () => {
    const { url, database: own } = await start({
      LIMIT_MESSAGES_BURST: '3',
      LIMIT_MESSAGES_PER_SECOND: '1',
    });
    const who = await meet(url);
    const { id } = await openSupport(url, who, await createBusiness(own));
    const socket = await connect(url, { token: who.token, conversationId: id });
    socket.send({ type: 'message', body: 'by frame', clientId: 'f' });
    await socket.frame('ack');
    const posts = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        api(url, who.token).post(`/api/conversations/${id}/messages`, { body: `${n}` }),
      ),
    );
    const late = posts.filter(({ status }) => status === 429);
    expect(late.length).toBeGreaterThan(0);
    expect(late[0]?.body).toMatchObject({ code: 'rate_limited' });
    expect(late[0]?.headers['retry-after']).toBe('1');
    const stored = await own.prisma.message.count({ where: { conversationId: id } });
    expect(stored).toBe(1 + posts.length - late.length);
    await socket.close();
  });

  test('[E10] [E11] goes on regardless and is closed, as is the oldest of too many connections', async () => {
    const { url, database: own } = await start({
      LIMIT_MESSAGES_BURST: '3',
      LIMIT_MESSAGES_PER_SECOND: '1',
      LIMIT_CONNECTIONS_PER_USER: '2',
    });
    const [flooder, other] = [await meet(url), await meet(url)];
    const business = await createBusiness(own);
    const { id } = await openSupport(url, flooder, business);
    const sockets = [];
    for (let n = 0; n < 3; n++) sockets.push(await connect(url, { token: flooder.token }));
    expect(await sockets[0]?.closed).toMatchObject({ code: 4409 });
    const calm = await connect(url, { token: other.token });
    const flood = sockets[2];
    for (let n = 0; n < 240; n++)
      flood?.send({ type: 'message', conversationId: id, body: 'flood', clientId: `c${n}` });
    expect(await flood?.closed).toMatchObject({ code: 4429 });
    await calm.settled();
    const stored = await own.prisma.message.count({ where: { conversationId: id } });
    expect(stored).toBeGreaterThanOrEqual(flood?.all('ack').length ?? 0);
    expect(stored).toBeLessThan(20);
    await Promise.all([calm.close(), sockets[1]?.close()]);
  });
});

describe('the limit on frames over several nodes', () => {
  const limit = { burst: 10, perSecond: 0.001 };

  async function nodes(url: string, prefix: string) {
    const redis = openRedis(url, silent);
    await once(redis, 'ready');
    const clock = createFakeClock();
    const shared = createRedisSharedLimit(redis, prefix, limit);
    const charges = [0, 1].map(() => createFrameLimit({ limit, clock, shared }));
    /** Which of so many sends in a row each of the nodes takes. */
    const send = async (on: number, times: number) => {
      let taken = 0;
      for (let n = 0; n < times; n++) {
        const isTaken = await Promise.resolve()
          .then(() => charges[on]?.('message', 'u'))
          .then(
            () => true,
            () => false,
          );
        taken += isTaken ? 1 : 0;
      }
      return taken;
    };
    return { redis, clock, send };
  }

  test('who has used half of a bucket is charged to the one that all nodes share', async () => {
    const { url, prefix } = await isolateRedis();
    const { redis, send } = await nodes(url, prefix);
    expect(await send(0, 10)).toBe(10);
    expect(await send(1, 10)).toBe(5);
    expect(await send(0, 10)).toBe(0);
    redis.disconnect();
  });

  test('while Redis is away each node counts for itself', async () => {
    const server = await ownRedis();
    const { redis, clock, send } = await nodes(server.url, 'away');
    await server.stop();
    expect([await send(0, 20), await send(1, 20)]).toEqual([10, 10]);
    await server.start();
    await once(redis, 'ready');
    clock.advance(3_000);
    expect([await send(0, 1), await send(1, 1)]).toEqual([0, 0]);
    redis.disconnect();
    await server.stop();
  });
});
