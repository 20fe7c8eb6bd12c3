import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { fromSetup } from './environment.js';
import { startRedis } from './redis-server.mjs';

export interface TestRedis {
  /** With a database number of the file's own, so keys of parallel files do not meet. */
  readonly url: string;
  /** For channels, which know no database numbers, and for keys where a server is shared. */
  readonly prefix: string;
}

/** A part of the run's Redis that no other test file touches. */
export async function isolateRedis(): Promise<TestRedis> {
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const url = fromSetup('CHAT_TEST_REDIS');
  if (process.env.TEST_REDIS_URL) return { url, prefix };
  const redis = new Redis(url);
  const database = await redis.incr('databases');
  await redis.quit();
  return { url: `${url}/${database}`, prefix };
}

export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  /** Back on the same port, empty. */
  start(): Promise<void>;
}

/** A Redis of the caller's own that may be taken away and brought back. */
export async function ownRedis(extra: readonly string[] = []): Promise<OwnRedis> {
  const program = JSON.parse(fromSetup('CHAT_TEST_REDIS_PROGRAM'));
  const options: { port?: number; extra: readonly string[] } = { extra };
  let server = await startRedis(program, options);
  options.port = server.port;
  return {
    url: server.url,
    port: server.port,
    stop: () => server.stop(),
    start: async () => {
      server = await startRedis(program, options);
    },
  };
}
