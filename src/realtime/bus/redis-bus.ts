import { randomUUID } from 'node:crypto';
import type { Logger } from '../../platform/logger.js';
import type { Redis } from '../../platform/redis.js';
import type { Topic } from '../topics.js';
import type { Bus, Envelope } from './bus.js';
import { Canary } from './canary.js';

interface Header {
  t: readonly Topic[];
  c?: string;
  n?: number;
  x?: string;
  k?: true;
}

export interface RedisBusOptions {
  readonly publisher: Redis;
  readonly subscriber: Redis;
  readonly prefix: string;
  readonly log: Logger;
  readonly canaryMs: number;
}

/**
 * What one turn of the event loop publishes leaves in one PUBLISH: `node LF (header LF frame LF)*`. Every node reads the
 * one channel: one per conversation cost 1.6 KiB a connection and 40 us a connect.
 */
export function createRedisBus(options: RedisBusOptions): Bus {
  const { publisher, subscriber, prefix, log } = options;
  const node = randomUUID();
  const all = `${prefix}:bus`;
  const home = `${all}:canary:${node}`;
  let pending: string[] = [];
  let local: (envelope: Envelope) => void = () => {};
  let onHealth: (isHealthy: boolean) => void = () => {};

  const canary = new Canary({
    intervalMs: options.canaryMs,
    release: (flight) => void publisher.publish(home, `${flight}`).catch(() => {}),
    changed: (isHealthy) => {
      if (isHealthy) log.info('hints of other nodes arrive');
      else log.warn('hints of other nodes do not arrive; their messages are found in PostgreSQL');
      onHealth(isHealthy);
    },
    silent: () => {
      for (const redis of [publisher, subscriber]) reconnect(redis);
    },
  });

  /** After each `ready`, because ioredis does not catch it when its own way of doing this is cut off. */
  const join = async () => {
    try {
      const count = await subscriber.subscribe(all, home);
      if (count === 2) canary.fly();
      else reconnect(subscriber);
    } catch (error) {
      // Refused, e.g. by an access list; a connection that broke is followed by another `ready`.
      const { name, message } = error as Error;
      if (name === 'ReplyError') log.error({ err: { message } }, 'Redis refuses the subscription');
    }
  };

  const hear = (channel: string, payload: string) => {
    if (channel === home) canary.returned(Number(payload));
    else if (!payload.startsWith(node)) {
      try {
        for (const envelope of decode(payload)) local(envelope);
      } catch (error) {
        // Neither message nor stack: they may repeat what could not be read.
        log.error({ error: (error as Error).name, channel }, 'an envelope could not be delivered');
      }
    }
  };
  const cut = () => canary.cut();
  /** What was let go before both connections were there is lost. */
  const fly = () => canary.fly();

  /** A publish that fails is dropped on purpose: the sweep covers it. */
  const flush = async () => {
    if (pending.length === 0) return;
    const payload = `${node}\n${pending.join('\n')}`;
    pending = [];
    await publisher.publish(all, payload).catch(() => {});
  };

  return {
    isShared: true,
    publish: (envelope) => {
      if (pending.length === 0) setImmediate(flush);
      pending.push(encodeHeader(envelope), envelope.frame);
      // Planned after the publish, so that the other nodes do not wait for the writes of this one.
      local(envelope);
    },
    subscribe: async (deliver, changed = () => {}) => {
      local = deliver;
      const healthy = new Promise<void>((resolve) => {
        onHealth = (isHealthy) => {
          changed(isHealthy);
          if (isHealthy) resolve();
        };
      });
      subscriber.on('message', hear).on('close', cut).on('ready', join);
      publisher.on('ready', fly);
      if (subscriber.status === 'ready') void join();
      canary.start();
      await healthy;
    },
    close: async () => {
      canary.stop();
      local = onHealth = () => {};
      subscriber.off('message', hear).off('close', cut).off('ready', join);
      publisher.off('ready', fly);
      // Bounded by the time-out of a command.
      await flush();
    },
  };
}

/** A connection that is on its way to be made anew is left to it. */
function reconnect(redis: Redis): void {
  if (redis.status === 'ready') redis.disconnect(true);
}

function encodeHeader({ topics, conversationId, changeSeq, except, control }: Envelope): string {
  const header: Header = { t: topics };
  if (conversationId !== undefined) header.c = conversationId;
  if (changeSeq !== undefined) header.n = changeSeq;
  if (except !== undefined) header.x = except;
  if (control) header.k = true;
  return JSON.stringify(header);
}

function* decode(payload: string): Generator<Envelope> {
  const lines = payload.split('\n');
  for (let i = 1; i + 1 < lines.length; i += 2) {
    const { t, c, n, x, k } = JSON.parse(lines[i] as string) as Header;
    yield {
      topics: t,
      frame: lines[i + 1] as string,
      ...(c !== undefined && { conversationId: c }),
      ...(n !== undefined && { changeSeq: n }),
      ...(x !== undefined && { except: x }),
      ...(k && { control: true }),
    };
  }
}
