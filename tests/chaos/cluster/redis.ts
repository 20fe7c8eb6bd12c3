import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis as Client } from 'ioredis';
import { findRedis, startRedis } from '../../support/redis-server.mjs';
import { lastingPort } from './ports.js';

const CACHE = fileURLToPath(new URL('../../../.cache', import.meta.url));

/** A Redis of the run's own that keeps nothing and may be taken away. */
export class Redis {
  private readonly options: { readonly port: number; readonly pidFile: string };
  private server: { stop(): Promise<void> } | undefined;

  private constructor(port: number, folder: string) {
    this.options = { port, pidFile: join(folder, 'redis.pid') };
  }

  static async open(folder: string): Promise<Redis> {
    const redis = new Redis(await lastingPort(), folder);
    await redis.start();
    return redis;
  }

  get port(): number {
    return this.options.port;
  }

  /** The same port as before, empty. */
  async start(): Promise<void> {
    this.server = await startRedis(await findRedis(CACHE), this.options);
  }

  async stop(): Promise<void> {
    await this.server?.stop();
  }

  async command(name: string, ...values: string[]): Promise<void> {
    const client = new Client(this.port, '127.0.0.1', { lazyConnect: true });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.call(name, ...values);
    } finally {
      client.disconnect();
    }
  }
}
