import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { openRedis, openSubscriber, type Redis } from '../../src/platform/redis.js';
import { createBus, type Envelope } from '../../src/realtime/bus/index.js';
import { busContract } from '../contracts/bus.contract.js';
import { silent } from '../support/log.js';
import { isolateRedis, ownRedis } from '../support/redis.js';

/** Not `once` of node:events: a failed try to connect on the way there is an `error`, and would end the wait. */
const state = (redis: Redis, name: 'ready' | 'close') =>
  new Promise<void>((resolve) => redis.once(name, () => resolve()));

function withResolver<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function openNode(url: string, prefix: string) {
  const commands = openRedis(url, silent);
  const subscriber = openSubscriber(url, silent);
  await Promise.all([commands, subscriber].map((redis) => state(redis, 'ready')));
  const leave = () => {
    commands.disconnect();
    subscriber.disconnect();
  };
  /** Both connections, whichever comes first. */
  const both = (name: 'ready' | 'close') =>
    Promise.all([commands, subscriber].map((redis) => state(redis, name)));
  /** ioredis subscribes again by itself, and does not catch it when the connection is ended in the middle. */
  const resubscribed = () => subscriber.ping();
  const bus = createBus({ commands, subscriber, prefix });
  return { bus, commands, both, resubscribed, leave };
}

busContract('over Redis', async () => {
  const { url, prefix } = await isolateRedis();
  const one = await openNode(url, prefix);
  const other = await openNode(url, prefix);
  return {
    buses: [one.bus, other.bus],
    release: async () => {
      one.leave();
      other.leave();
    },
  };
});

test('what one turn publishes for one conversation leaves in one PUBLISH', async () => {
  const { url, prefix } = await isolateRedis();
  const { bus, commands, leave } = await openNode(url, prefix);
  const reader = openSubscriber(url, silent);
  const payloads: string[] = [];
  await reader.psubscribe(`${prefix}:bus:*`);
  reader.on('pmessage', (_pattern, _channel, payload: string) => payloads.push(payload));
  for (let n = 0; n < 50; n++) bus.publish({ topics: [], conversationId: 'c', frame: `${n}` });
  const arrived = once(reader, 'pmessage');
  await arrived;
  await commands.publish(`${prefix}:bus:end`, 'end');
  while (payloads.at(-1) !== 'end') await once(reader, 'pmessage');
  expect(payloads).toHaveLength(2);
  expect(payloads[0]?.split('\n')).toHaveLength(101);
  reader.disconnect();
  leave();
});

test('with Redis away publishing serves the own node and nothing throws, closing does not wait, and later it works again', async () => {
  const redis = await ownRedis();
  const { bus, both, resubscribed, leave } = await openNode(redis.url, 'p');
  const heard: Envelope[] = [];
  await bus.subscribe((envelope) => heard.push(envelope));
  const gone = both('close');
  await redis.stop();
  await gone;
  for (let n = 0; n < 10; n++) bus.publish({ topics: [], frame: `${n}` });
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toHaveLength(10);

  const back = both('ready');
  await redis.start();
  await back;
  const other = await openNode(redis.url, 'p');
  const { promise: far, resolve } = withResolver<Envelope>();
  await bus.subscribe(resolve);
  await other.bus.subscribe(() => {});
  other.bus.publish({ topics: ['user:a'], frame: '"back"' });
  expect(await far).toMatchObject({ frame: '"back"' });

  other.leave();
  const goneAgain = both('close');
  await redis.stop();
  await goneAgain;
  await bus.close();
  const ready = both('ready');
  await redis.start();
  await ready;
  await resubscribed();
  leave();
  await redis.stop();
});
