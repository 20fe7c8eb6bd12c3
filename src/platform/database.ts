import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.js';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.js';
import type { Logger } from './logger.js';
import { statementNames } from './statement-names.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections of this process, at most. */
  readonly max: number;
  readonly log: Pick<Logger, 'warn'>;
}

export interface Statement {
  /** PostgreSQL parses it once per connection. */
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

export interface Database {
  readonly prisma: PrismaClient;
  /**
   * Past Prisma, for the one path where its cost counts. A statement that PostgreSQL refuses keeps its connection,
   * which `pool.query` would close.
   */
  query<Row>(statement: Statement): Promise<Row[]>;
  /** For gauges and health: `totalCount`, `idleCount`, `waitingCount`. */
  readonly pool: pg.Pool;
  /** Waits for the queries under way. */
  close(): Promise<void>;
}

export function openDatabase({ url, max, log }: DatabaseOptions): Database {
  const pool = openPool(url, max);
  survive(pool, log);
  const breaker = createCircuitBreaker({ name: 'the database', probe: () => probe(url), log });
  guard(pool, breaker);
  const adapter = new PrismaPg(pool, { statementNameGenerator: statementNames() });
  const prisma = new PrismaClient({ adapter, transactionOptions: { timeout: 10_000 } });
  let closed: Promise<void> | undefined;
  const close = () => {
    breaker.close();
    return prisma.$disconnect().then(() => pool.end());
  };
  return {
    prisma,
    query: (statement) => query(pool, statement),
    pool,
    close: () => (closed ??= close()),
  };
}

async function query<Row>(pool: pg.Pool, statement: Statement): Promise<Row[]> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query(statement);
    client.release();
    return rows as Row[];
  } catch (error) {
    const wasRefused = error instanceof pg.DatabaseError && error.severity === 'ERROR';
    client.release(wasRefused ? undefined : (error as Error));
    throw error;
  }
}

/** Each limit is there because its default is "wait for ever". */
function openPool(url: string, max: number): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    application_name: 'servihub-chat',
    max,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1_800,
    keepAlive: true,
    // Dead peers of idle connections are found in some 20 s instead of two hours.
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: 5_000,
    query_timeout: 7_000,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 10_000,
    // Named statements otherwise get five custom plans first, each as dear as the query itself.
    options: '-c plan_cache_mode=force_generic_plan',
  });
}

/**
 * A connection that breaks emits `error`, on the pool when idle and on the client when checked out;
 * without listeners a restart of the database would end this process.
 */
function survive(pool: pg.Pool, log: DatabaseOptions['log']): void {
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  });
  // Said already by the client's own listener.
  pool.on('error', () => {});
}

type Connected = (error: Error | undefined, client?: pg.PoolClient, done?: () => void) => void;

/** All queries take their connection here, those of Prisma too. */
function guard(pool: pg.Pool, breaker: CircuitBreaker): void {
  const connect = pool.connect.bind(pool) as (connected: Connected) => void;
  const guarded = (connected: Connected) => {
    try {
      breaker.check();
    } catch (error) {
      process.nextTick(connected, error);
      return;
    }
    connect((error, client, done) => {
      if (error && isSilence(error)) breaker.suspect();
      connected(error, client, done);
    });
  };
  pool.on('release', (error: Error | undefined) => {
    if (error instanceof Error && isSilence(error)) breaker.suspect();
  });
  pool.connect = ((connected?: Connected) =>
    connected ? guarded(connected) : promised(guarded)) as pg.Pool['connect'];
}

const promised = (guarded: (connected: Connected) => void): Promise<pg.PoolClient> =>
  new Promise((resolve, reject) => {
    guarded((error, client) => (error ? reject(error) : resolve(client as pg.PoolClient)));
  });

/** The driver's time limits and the system's. Whatever the database says is an answer, and so is a refused connection. */
const isSilence = (error: Error & { code?: string }): boolean =>
  error.code === 'ETIMEDOUT' ||
  error.code === 'EHOSTUNREACH' ||
  /timeout exceeded|due to connection timeout|timeout expired|Query read timeout/.test(
    error.message,
  );

async function probe(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'servihub-chat probe',
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    if (isSilence(error as Error)) throw error;
  } finally {
    // Without waiting: who is silent does not say goodbye either.
    void client.end().catch(() => {});
  }
}
