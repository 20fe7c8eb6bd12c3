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
  remove(): Promise<void>;
}

export async function deploy(): Promise<Deployment> {
  const database = await cloneDatabase();
  await seed(database.url, MIGRATIONS);
  const redis = await isolateRedis();
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    JWT_SECRET: 'one secret for both nodes, long enough for production',
    DRAIN_MS: '0',
    LIMIT_MESSAGES_BURST: '100000',
  };
  const [a, b] = await Promise.all([startProcessNode(env), startProcessNode(env)]);
  return {
    a,
    b,
    async remove() {
      await Promise.all([a.stop(), b.stop()]);
      await database.drop();
    },
  };
}
