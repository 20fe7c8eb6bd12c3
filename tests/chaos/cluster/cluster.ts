import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { serverAccount } from '../../../src/platform/postgres/account.js';
import { openRunFolder } from '../../support/runs.mjs';
import { FaultProxy } from '../proxy/proxy.js';
import { Balancer } from './balancer.js';
import { ClusterNode } from './node.js';
import { lastingPort } from './ports.js';
import { Postgres, urlAt } from './postgres.js';
import { Redis } from './redis.js';

const NODES = 3;

export interface ClusterOptions {
  readonly mutant?: string | undefined;
}

/** Three nodes that reach PostgreSQL and Redis, and are reached, only through proxies that faults can act on. */
export interface Cluster {
  readonly secret: string;
  readonly nodes: readonly ClusterNode[];
  readonly postgres: Postgres;
  readonly redis: Redis;
  /** One a node. */
  readonly toPostgres: readonly FaultProxy[];
  readonly toRedis: readonly FaultProxy[];
  readonly balancer: Balancer;
  close(): Promise<void>;
}

export async function openCluster({ mutant }: ClusterOptions): Promise<Cluster> {
  const account = await serverAccount('/nonexistent');
  const folder = await openRunFolder(account);
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await compose(folder, account, mutant, stops)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function compose(
  folder: string,
  account: Awaited<ReturnType<typeof serverAccount>>,
  mutant: string | undefined,
  stops: (() => Promise<unknown>)[],
): Promise<Omit<Cluster, 'close'>> {
  const postgres = await Postgres.open(folder, account);
  stops.push(() => postgres.stop());
  const redis = await Redis.open(folder);
  stops.push(() => redis.stop());
  const toPostgres = await proxies(() => [postgres.port], stops);
  const toRedis = await proxies(() => [redis.port], stops);
  const secret = randomBytes(32).toString('base64url');
  const ports = await Promise.all(toPostgres.map(lastingPort));
  const nodes = ports.map((port, index) => {
    const [postgresPort, redisPort] = [toPostgres, toRedis].map((to) => to[index]?.port ?? 0);
    const env = environment(postgresPort as number, redisPort as number, secret, mutant);
    return new ClusterNode(index, port, env);
  });
  stops.push(() => Promise.all(nodes.map((node) => node.kill())));
  for (const node of nodes) await node.start();
  const balancer = await Balancer.open(nodes);
  stops.push(() => balancer.close());
  return { secret, nodes, postgres, redis, toPostgres, toRedis, balancer };
}

async function proxies(
  route: () => readonly number[],
  stops: (() => Promise<unknown>)[],
): Promise<FaultProxy[]> {
  const opened = await Promise.all(Array.from({ length: NODES }, () => FaultProxy.open(route)));
  stops.push(() => Promise.all(opened.map((proxy) => proxy.close())));
  return opened;
}

const environment = (
  postgresPort: number,
  redisPort: number,
  secret: string,
  mutant: string | undefined,
): Record<string, string> => ({
  DATABASE_URL: urlAt(postgresPort),
  REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  JWT_SECRET: secret,
  HOST: '127.0.0.1',
  DRAIN_MS: '3000',
  // What the suite does from one address would be an attack; the limits have tests of their own.
  LIMIT_MESSAGES_BURST: '1000',
  LIMIT_MESSAGES_PER_SECOND: '100',
  LIMIT_REQUESTS_PER_MINUTE: '10000000',
  LIMIT_UPGRADES_PER_IP_PER_SECOND: '2000',
  ...(mutant === undefined ? {} : { CHAOS_MUTANT: mutant }),
});
