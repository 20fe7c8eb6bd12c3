import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { floor } from './contenders/floor.mjs';
import { planRooms, targetsOf } from './contenders/rooms.mjs';
import { socketIo } from './contenders/socketio.mjs';
import { issueToken } from './contenders/tokens.mjs';
import { startGenerator } from './load/generator-process.mjs';
import { compare } from './support/comparison.mjs';
import { difference, readCpu } from './support/cpu.mjs';
import { startServices } from './support/services.mjs';
import { onStop } from './support/stops.mjs';

const LISTENERS = 1_000;
const BATCH = 50;
const PUBLISHING_AT_ONCE = 50;
const BODY = 'x'.repeat(120);
const FRAME = 'x'.repeat(400);
const FRAMES_IN_ONE = 20;

const INSERT_ONE = {
  name: 'insert-one',
  text: 'INSERT INTO messages (conversation_id, sender_id, body) VALUES ($1, $2, $3) RETURNING id',
};
const INSERT_MANY = {
  name: 'insert-many',
  text: `INSERT INTO messages (conversation_id, sender_id, body)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]) RETURNING id`,
};

const FIGURES = [
  { key: 'perSecond', label: 'each second' },
  { key: 'serverCpuUs', label: 'CPU us each: who serves' },
  { key: 'clientCpuUs', label: 'CPU us each: who asks' },
];

/** What the parts can do by themselves: nothing above them can be faster. */
export async function run(options) {
  const services = await startServices();
  const { postgres, redis } = services;
  const { databaseUrl } = await socketIo(services);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  const publisher = new Redis(redis.url, { enableAutoPipelining: true });
  const subscriber = new Redis(redis.url);
  // Its connections may still be closing when PostgreSQL is stopped.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  onStop(() => pool.end());
  for (const client of [publisher, subscriber]) onStop(async () => client.disconnect());
  await subscriber.subscribe('floor');
  const [node] = await floor(services).start({ count: 1 });
  const sockets = await openSockets(node);
  await compare({
    benchmark: 'floor',
    options,
    services,
    contenders: [{ name: 'floor' }],
    figures: FIGURES,
    phases: [
      ...socketPhases(node, sockets, options),
      ...insertPhases(postgres, pool),
      ...publishPhases(redis, publisher),
    ],
    measure: (_contender, phase) => phase.measure(options.seconds),
  });
}

export const longestSeconds = ({ repetitions, seconds }) =>
  90 + repetitions * 6 * (2 * seconds + 16);

async function openSockets(node) {
  const pairs = Array.from({ length: 100 }, () => ({
    url: node.url,
    token: issueToken(randomUUID()),
  }));
  const rooms = targetsOf(planRooms([LISTENERS], LISTENERS), [node]);
  const open = (scenario, targets) => startGenerator({ scenario, client: 'floor', targets });
  return { echo: await open('echo', pairs), fanout: await open('rooms', rooms) };
}

function socketPhases(node, { echo, fanout }, { window }) {
  const measured = async (order) => {
    const before = readCpu({ node: [node.pid] });
    const { done, generatorCpuMs } = await order();
    const { node: serverCpuMs } = difference(before, readCpu({ node: [node.pid] }));
    return { done, serverCpuMs, clientCpuMs: generatorCpuMs };
  };
  return [
    {
      name: `ws: answers to 100 connections, ${window} in flight each`,
      measure: async (seconds) =>
        each(seconds, await measured(() => echo.order('measure', { seconds, window }))),
    },
    {
      name: `ws: deliveries of one to ${LISTENERS}, ${window} in flight`,
      measure: async (seconds) =>
        each(
          seconds,
          await measured(async () => {
            const phase = { size: LISTENERS, window };
            const answer = await fanout.order('measure', { phase, seconds, rampSeconds: 0 });
            return { ...answer, done: answer.deliveries };
          }),
        ),
    },
  ];
}

function insertPhases({ pid }, pool) {
  const rows = (count, value) => Array.from({ length: count }, value);
  const one = () => pool.query({ ...INSERT_ONE, values: [randomUUID(), randomUUID(), BODY] });
  const many = () => {
    const values = [rows(BATCH, randomUUID), rows(BATCH, randomUUID), rows(BATCH, () => BODY)];
    return pool.query({ ...INSERT_MANY, values });
  };
  return [
    looped('PostgreSQL: rows, one in a commit, 20 connections', pid, 20, 1, one),
    looped(`PostgreSQL: rows, ${BATCH} in a commit, 8 connections`, pid, 8, BATCH, many),
  ];
}

function publishPhases({ pid }, publisher) {
  const publish = (payload) => () => publisher.publish('floor', payload);
  const frames = FRAME.repeat(FRAMES_IN_ONE);
  return [
    looped('Redis: publishes of one frame', pid, PUBLISHING_AT_ONCE, 1, publish(FRAME)),
    looped(`Redis: frames, ${FRAMES_IN_ONE} in a publish`, pid, 4, FRAMES_IN_ONE, publish(frames)),
  ];
}

/** `atOnce` loops of the same thing, which does `count` of what is counted. */
function looped(name, pid, atOnce, count, act) {
  const measure = async (seconds) => {
    const [before, used] = [readCpu({ server: [pid] }), process.cpuUsage()];
    const until = performance.now() + seconds * 1_000;
    let done = 0;
    const loop = async () => {
      for (; performance.now() < until; done += count) await act();
    };
    await Promise.all(Array.from({ length: atOnce }, loop));
    const { user, system } = process.cpuUsage(used);
    // The commits that are still being written down belong to it.
    await wait(100);
    const { server } = difference(before, readCpu({ server: [pid] }));
    return each(seconds, { done, serverCpuMs: server, clientCpuMs: (user + system) / 1_000 });
  };
  return { name, measure };
}

function each(seconds, { done, serverCpuMs, clientCpuMs }) {
  const us = (ms) => (ms * 1_000) / done;
  return {
    perSecond: done / seconds,
    serverCpuUs: us(serverCpuMs),
    clientCpuUs: us(clientCpuMs),
  };
}
