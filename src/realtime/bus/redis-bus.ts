import { randomUUID } from 'node:crypto';
import type { Redis } from '../../platform/redis.js';
import type { Topic } from '../topics.js';
import type { Bus, Envelope } from './bus.js';

/** Every node reads all of them: one channel per conversation cost 1.6 KiB a connection and 40 us a connect. */
const SHARDS = 16;

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
}

/** Frames of one turn of the event loop for one shard leave in one PUBLISH: `node LF (header LF frame LF)*`. */
export function createRedisBus({ publisher, subscriber, prefix }: RedisBusOptions): Bus {
  const node = randomUUID();
  const channels = Array.from({ length: SHARDS }, (_, shard) => `${prefix}:bus:${shard}`);
  const pending = new Map<string, string[]>();
  let local: (envelope: Envelope) => void = () => {};

  const flush = () => {
    for (const [channel, lines] of pending) {
      // A publish that fails is dropped on purpose: the sweep covers it.
      publisher.publish(channel, `${node}\n${lines.join('\n')}`).catch(() => {});
    }
    pending.clear();
  };

  const enqueue = (envelope: Envelope) => {
    const channel = channels[shardOf(envelope)] as string;
    const lines = pending.get(channel);
    if (lines) lines.push(encodeHeader(envelope), envelope.frame);
    else {
      if (pending.size === 0) setImmediate(flush);
      pending.set(channel, [encodeHeader(envelope), envelope.frame]);
    }
  };

  return {
    publish: (envelope) => {
      local(envelope);
      enqueue(envelope);
    },
    subscribe: async (deliver) => {
      local = deliver;
      subscriber.on('message', (_channel: string, payload: string) => {
        if (!payload.startsWith(node)) for (const envelope of decode(payload)) local(envelope);
      });
      await subscriber.subscribe(...channels);
    },
    close: async () => {
      flush();
      local = () => {};
      // With Redis away it would wait for its return, and so would the drain.
      if (subscriber.status === 'ready') await subscriber.unsubscribe().catch(() => {});
    },
  };
}

function shardOf({ conversationId, topics }: Envelope): number {
  const key = conversationId ?? topics[0] ?? '';
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) | 0;
  return Math.abs(hash) % SHARDS;
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
