import { fileURLToPath } from 'node:url';
import { type App, type AppOptions, createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { type Database, openDatabase } from '../../src/platform/database.js';
import type { Logger } from '../../src/platform/logger.js';
import { openRedis, openSubscriber } from '../../src/platform/redis.js';
import { silent } from './log.js';

export const TEST_SECRET = 'a secret of at least thirty-two bytes, for tests only';

export interface NodeOptions {
  readonly databaseUrl: string;
  /** Without it the node runs alone. */
  readonly redis?: { readonly url: string; readonly prefix: string };
  /** Configuration by the names that operators use. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: Logger;
  readonly intervals?: AppOptions['intervals'];
}

/** A node of the product in this process, on a port of its own. */
export interface TestNode {
  readonly url: string;
  readonly port: number;
  readonly app: App;
  readonly database: Database;
  stop(): Promise<void>;
}

const GENEROUS = {
  JWT_SECRET: TEST_SECRET,
  DRAIN_MS: '0',
  LIMIT_MESSAGES_BURST: '100000',
  LIMIT_MESSAGES_PER_SECOND: '100000',
  LIMIT_CONNECTIONS_PER_USER: '1000',
  LIMIT_UPGRADES_PER_IP_PER_SECOND: '100000',
  LIMIT_UPGRADES_PER_SECOND: '100000',
  LIMIT_REQUESTS_PER_MINUTE: '1000000',
  LIMIT_LOGINS_PER_MINUTE: '1000',
  LIMIT_VISITORS_PER_MINUTE: '1000',
};

export async function startNode(options: NodeOptions): Promise<TestNode> {
  const { databaseUrl, redis, env, log = silent, intervals = {} } = options;
  const config = loadConfig({ ...GENEROUS, DATABASE_URL: databaseUrl, ...env });
  const database = openDatabase({ url: databaseUrl, max: 8, log });
  const connections = redis && {
    commands: openRedis(redis.url, log),
    subscriber: openSubscriber(redis.url, log),
    prefix: redis.prefix,
  };
  const app = await createApp({
    config,
    jwtSecret: config.jwtSecret ?? TEST_SECRET,
    database,
    redis: connections,
    log,
    intervals,
    clientDir: fileURLToPath(new URL('../../dist/client', import.meta.url)),
  });
  await app.start();
  await app.http.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.http.server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    app,
    database,
    stop: async () => {
      await app.drain();
      connections?.commands.disconnect();
      connections?.subscriber.disconnect();
      await database.close();
    },
  };
}
