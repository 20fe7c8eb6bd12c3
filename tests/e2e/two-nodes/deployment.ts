import { fileURLToPath } from 'node:url';
import { seed } from '../../../src/seed.js';
import { cloneDatabase } from '../../support/database.js';
import { type ProcessNode, startProcessNode } from '../../support/process-node.js';
import { isolateRedis } from '../../support/redis.js';

const MIGRATIONS = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** Two processes that share one PostgreSQL and one Redis, with the demo business in them. */
export interface Deployment {
  readonly a: ProcessNode;
  readonly b: ProcessNode;
  /** As a deploy does it: SIGTERM, then another process on the same port. Answers the exit code. */
  restart(name: 'a' | 'b'): Promise<number | null>;
  remove(): Promise<void>;
}

export async function deploy({ drainMs = 0 } = {}): Promise<Deployment> {
  const database = await cloneDatabase();
  await seed(database.url, MIGRATIONS);
  const redis = await isolateRedis();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    JWT_SECRET: 'one secret for both nodes, long enough for production',
    DRAIN_MS: `${drainMs}`,
    LIMIT_MESSAGES_BURST: '100000',
  };
  const [a, b] = await Promise.all([startProcessNode(env), startProcessNode(env)]);
  const nodes = { a, b };
  return {
    get a() {
      return nodes.a;
    },
    get b() {
      return nodes.b;
    },
    async restart(name) {
      const { port } = nodes[name];
      const code = await nodes[name].stop();
      nodes[name] = await startProcessNode(env, port);
      return code;
    },
    async remove() {
      await Promise.all([nodes.a.stop(), nodes.b.stop()]);
      await database.drop();
    },
  };
}
