import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import type { Logger } from '../../src/platform/logger.js';
import { openRedis, openSubscriber } from '../../src/platform/redis.js';
import { type Bus, createBus, type Envelope } from '../../src/realtime/bus/index.js';
import { busContract } from '../contracts/bus.contract.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { silent } from '../support/log.js';
import { isolateRedis, ownRedis } from '../support/redis.js';

const CANARY_MS = 50;

/** A node's bus, and what it says of its health. */
function openNode(url: string, prefix: string, log: Logger = silent, canaryMs = CANARY_MS) {
  const commands = openRedis(url, log);
  const subscriber = openSubscriber(url, log);
  const bus = createBus({ commands, subscriber, prefix }, { log, canaryMs });
  const heard: string[] = [];
  const health: boolean[] = [];
  const joined = bus.subscribe(
    ({ frame }) => heard.push(frame),
    (isHealthy) => health.push(isHealthy),
  );
  const leave = () => {
    commands.disconnect();
    subscriber.disconnect();
  };
  return { bus, commands, subscriber, heard, health, joined, leave };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const lines: string[] = [];
const recorded = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
const said = (text: string) => lines.filter((line) => line.includes(text)).length;

busContract('over Redis', async () => {
  const { url, prefix } = await isolateRedis();
  const open = () => {
    const commands = openRedis(url, silent);
    const subscriber = openSubscriber(url, silent);
    const bus = createBus({ commands, subscriber, prefix }, { log: silent, canaryMs: CANARY_MS });
    return { bus, commands, subscriber };
  };
  const nodes = [open(), open()] as const;
  await Promise.all(nodes.map(({ commands }) => once(commands, 'ready')));
  return {
    buses: nodes.map(({ bus }) => bus) as [Bus, Bus],
    release: async () => {
      for (const { commands, subscriber } of nodes) {
        commands.disconnect();
        subscriber.disconnect();
      }
    },
  };
});

test('what one turn publishes leaves in one PUBLISH, whatever it is about', async () => {
  const { url, prefix } = await isolateRedis();
  const { bus, joined, leave } = openNode(url, prefix);
  await joined;
  const reader = new Redis(url);
  const payloads: string[] = [];
  await reader.subscribe(`${prefix}:bus`);
  reader.on('message', (_channel, payload: string) => payloads.push(payload));
  for (let n = 0; n < 50; n++) bus.publish({ topics: [], conversationId: `c${n}`, frame: `${n}` });
  await once(reader, 'message');
  bus.publish({ topics: [], frame: '"end"' });
  await until(() => payloads.at(-1)?.endsWith('"end"') === true);
  expect(payloads).toHaveLength(2);
  expect(payloads[0]?.split('\n')).toHaveLength(101);
  reader.disconnect();
  leave();
});

test('with Redis away publishing serves the own node and nothing throws, closing does not wait, and later it works again', async () => {
  const redis = await ownRedis();
  const one = openNode(redis.url, 'p');
  const other = openNode(redis.url, 'p');
  await Promise.all([one.joined, other.joined]);
  await redis.stop();
  await until(() => one.health.at(-1) === false && other.health.at(-1) === false);
  for (let n = 0; n < 10; n++) one.bus.publish({ topics: [], frame: `${n}` });
  expect(one.heard).toHaveLength(10);

  await redis.start();
  await until(() => one.health.at(-1) === true && other.health.at(-1) === true);
  other.bus.publish({ topics: ['user:a'], frame: '"back"' });
  await until(() => one.heard.includes('"back"'));
  expect(other.heard).toEqual(['"back"']);

  await redis.stop();
  await Promise.all([one.bus.close(), other.bus.close()]);
  one.leave();
  other.leave();
});

test('a node that starts without Redis joins the others when it comes', async () => {
  const redis = await ownRedis();
  await redis.stop();
  const late = openNode(redis.url, 'p');
  await until(() => late.health.at(-1) === false);
  await redis.start();
  await late.joined;
  expect(late.health).toEqual([false, true]);
  await late.bus.close();
  late.leave();
  await redis.stop();
});

test('a node that publishes only after it has subscribed has joined at once', async () => {
  const redis = await ownRedis();
  const proxy = await startFaultProxy(redis.port);
  await proxy.set('blackhole');
  const commands = openRedis(`redis://127.0.0.1:${proxy.port}`, silent);
  const subscriber = openSubscriber(redis.url, silent);
  const bus = createBus({ commands, subscriber, prefix: 'p' }, { log: silent, canaryMs: 600_000 });
  const joined = bus.subscribe(() => {});
  const admin = new Redis(redis.url);
  await until(async () => Number((await admin.pubsub('NUMSUB', 'p:bus'))[1]) === 1);
  await proxy.set('pass');
  await joined;
  await bus.close();
  for (const one of [admin, commands, subscriber]) one.disconnect();
  await proxy.close();
  await redis.stop();
});

test('a subscription that was cut is made again, told once, and heard by the canary', async () => {
  const { url, prefix } = await isolateRedis();
  const one = openNode(url, prefix, recorded);
  const other = openNode(url, prefix);
  await Promise.all([one.joined, other.joined]);
  const [id] = [await one.subscriber.client('ID').catch(() => null)];
  await one.commands.client('KILL', 'ID', `${id}`);
  await until(() => one.health.length === 3);
  expect(one.health).toEqual([true, false, true]);
  expect([said('do not arrive'), said('of other nodes arrive')]).toEqual([1, 2]);
  other.bus.publish({ topics: [], frame: '"again"' });
  await until(() => one.heard.includes('"again"'));
  one.leave();
  other.leave();
});

test('a subscription that dies in silence, while its connection stays, is noticed and made again', async () => {
  const { url, prefix } = await isolateRedis();
  const one = openNode(url, prefix);
  await one.joined;
  await one.subscriber.unsubscribe();
  await until(() => one.health.length === 3);
  expect(one.health).toEqual([true, false, true]);
  one.leave();
});

test('connections that swallow everything are noticed, given up and replaced', async () => {
  const redis = await ownRedis();
  const proxy = await startFaultProxy(redis.port);
  const one = openNode(`redis://127.0.0.1:${proxy.port}`, 'p');
  const other = openNode(redis.url, 'p');
  await Promise.all([one.joined, other.joined]);
  const before = proxy.accepted;
  await proxy.set('blackhole');
  await until(() => one.health.at(-1) === false);
  await until(() => proxy.accepted >= before + 2);
  await proxy.set('pass');
  await until(() => one.health.at(-1) === true);
  other.bus.publish({ topics: [], frame: '"through"' });
  await until(() => one.heard.includes('"through"'));
  expect(other.health).toEqual([true]);

  await proxy.set('blackhole');
  await one.bus.close();
  one.leave();
  await Promise.all([once(one.commands, 'end'), once(one.subscriber, 'end')]);
  other.leave();
  await proxy.close();
  await redis.stop();
});

/** An unhandled rejection ends the process of the tests. */
test('a node that leaves while it subscribes again leaves no rejection behind', async () => {
  const { url, prefix } = await isolateRedis();
  const near: Socket[] = [];
  let isSwallowing = false;
  let swallowed = 0;
  const server = createServer((socket) => {
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    near.push(socket);
    for (const end of [socket, far]) end.on('error', () => {});
    socket.on('data', (chunk) => {
      if (isSwallowing && /subscribe/i.test(`${chunk}`)) swallowed += 1;
      else far.write(chunk);
    });
    socket.on('close', () => far.destroy());
    far.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const one = openNode(`redis://127.0.0.1:${port}`, prefix, silent, 60_000);
  await one.joined;
  isSwallowing = true;
  for (const socket of near) socket.destroy();
  await until(() => swallowed === 1);
  await one.bus.close();
  one.leave();
  await once(one.subscriber, 'end');
  server.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(one.health).toEqual([true, false]);
});

test('what is no envelope is dropped, and neither kept nor repeated', async () => {
  const { url, prefix } = await isolateRedis();
  const one = openNode(url, prefix, recorded);
  const other = openNode(url, prefix);
  await Promise.all([one.joined, other.joined]);
  for (const payload of ['', 'x', 'node\n{"secret', 'node\nsecret\nsecret', 'node\n{}\nnull'])
    await other.commands.publish(`${prefix}:bus`, payload);
  const envelope: Envelope = { topics: ['user:a'], frame: '"sound"' };
  other.bus.publish(envelope);
  await until(() => one.heard.includes('"sound"'));
  expect([said('could not be delivered'), said('secret')]).toEqual([1, 0]);
  one.leave();
  other.leave();
});
