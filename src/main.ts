import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, createApp } from './app.js';
import { type Config, ConfigError, generateSecret, loadConfig } from './config.js';
import { DEMO_LOGINS, DEMO_PASSWORD, seedDemo } from './demo.js';
import { type Database, openDatabase } from './platform/database.js';
import { createLogger, type Logger } from './platform/logger.js';
import { migrate } from './platform/migrate.js';
import { startEmbeddedPostgres } from './platform/postgres/embedded.js';
import { openRedis, openSubscriber } from './platform/redis.js';
import type { RedisConnections } from './realtime/bus/index.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MIGRATIONS = join(ROOT, 'prisma/migrations');
const CLIENT = join(ROOT, 'dist/client');
/** Past the drain something hangs, and the platform is about to kill us anyway. */
const WATCHDOG_MS = 15_000;

/** What has been started, in the order in which it is to be stopped. */
const stops: (() => Promise<unknown>)[] = [];
let stopping = false;

/** Foreseen: the message says what to do. */
class StartError extends Error {
  override readonly name = 'StartError';
}

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLogger(config.logLevel);
  handleSignals(config, log);
  const url = config.databaseUrl ?? (await startPostgres(config, log));
  if (!stopping) await serve(config, log, url);
}

async function serve(config: Config, log: Logger, url: string): Promise<void> {
  await migrate(url, MIGRATIONS, log);
  const database = openDatabase({ url, max: config.databasePoolMax, log });
  stops.unshift(() => database.close());
  if (isEmbedded(config)) await seedDemo(database.prisma);
  const app = await startApp(config, log, database);
  stops.unshift(() => app.drain());
  await app.http.listen({ port: config.port, host: config.host });
  if (isEmbedded(config) && !stopping) say(welcome(addressOf(app), config));
}

/** Tried out by a person at a terminal: what happens is said in words, and only trouble is logged. */
const isEmbedded = (config: Config): boolean => config.databaseUrl === undefined;

async function startPostgres(config: Config, log: Logger): Promise<string> {
  say(`\n  Starting PostgreSQL in ${shown(config.dataDir)}`);
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.name === 'Error' && !error.code ? new StartError(error.message) : error;
    },
  );
  stops.unshift(() => postgres.stop());
  return postgres.url;
}

async function startApp(config: Config, log: Logger, database: Database): Promise<App> {
  const jwtSecret = config.jwtSecret ?? (await keptSecret(config.dataDir));
  if (Buffer.byteLength(jwtSecret) < 32)
    log.warn('JWT_SECRET has less than 32 bytes; production will refuse it');
  const redis =
    config.redisUrl === undefined ? undefined : connectRedis(config.redisUrl, config, log);
  const app = await createApp({ config, jwtSecret, database, redis, log, clientDir: CLIENT });
  await app.start();
  return app;
}

function connectRedis(url: string, { redisPrefix: prefix }: Config, log: Logger): RedisConnections {
  const commands = openRedis(url, log);
  const subscriber = openSubscriber(url, log);
  stops.unshift(async () => {
    commands.disconnect();
    subscriber.disconnect();
  });
  return { commands, subscriber, prefix };
}

/** Made once and kept, so that logins outlive a restart. */
async function keptSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'jwt-secret');
  await mkdir(dataDir, { recursive: true });
  // Whoever comes first writes it; everybody reads what is there.
  await writeFile(path, generateSecret(), { flag: 'wx', mode: 0o600 }).catch(() => {});
  await chmod(path, 0o600);
  return readFile(path, 'utf8');
}

function handleSignals(config: Config, log: Logger): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      setTimeout(() => process.exit(1), config.drainMs + WATCHDOG_MS).unref();
      log.info({ signal }, 'stopping');
      if (isEmbedded(config)) say('\n  Stopping.');
      void stop(0);
    });
  }
  // A bug somewhere must not take everybody's connection with it; it is logged in full.
  process.on('unhandledRejection', (err) => log.error({ err }, 'unhandled rejection'));
}

async function stop(code: number): Promise<void> {
  stopping = true;
  // What is half started cannot be stopped: it would stay behind.
  await started.catch(() => {});
  for (const step of stops) {
    await step().catch((error: Error) =>
      process.stderr.write(`While stopping: ${error.message}\n`),
    );
  }
  process.exit(code);
}

function addressOf({ http }: App): string {
  const address = http.server.address();
  return `http://localhost:${typeof address === 'object' && address ? address.port : ''}`;
}

function welcome(address: string, { dataDir }: Config): string {
  const logins = DEMO_LOGINS.map(
    ({ email, name, staffAs }) => `    ${email.padEnd(24)} ${name}, ${staffAs ?? 'customer'}`,
  );
  return [
    '',
    '  ServiHub Chat is ready.',
    '',
    `  Demo business page with the widget   ${address}/`,
    `  Agent dashboard                      ${address}/agent`,
    `  API reference                        ${address}/api/docs`,
    '',
    `  Demo logins (password: ${DEMO_PASSWORD})`,
    ...logins,
    '',
    `  Data is kept in ${shown(dataDir)}; Ctrl-C stops everything.`,
    '',
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** As somebody in this folder would write it. */
function shown(path: string): string {
  const short = relative('', path);
  return short.startsWith('..') ? path : short;
}

const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
/** SQLSTATE: user or password refused, no such database, not accepting connections now. */
const REFUSED = /^(28...|3D000|57P03|53300)$/;

/** One message for the operator; a stack trace only for what nobody foresaw. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const {
    code = '',
    message,
    path,
    port,
    stack,
    name,
  } = error as NodeJS.ErrnoException & {
    port?: number;
  };
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken. Stop what uses it, or choose another: PORT=3001 npm start`;
  if (code === 'EACCES' && port)
    return `Port ${port} may not be opened by this user. Choose one above 1023: PORT=3000`;
  if (/^(EACCES|EPERM|EROFS)$/.test(code) && path)
    return `This user cannot write ${path}. Choose a folder for the data: DATA_DIR=/some/folder npm start`;
  if (UNREACHABLE.test(code) || REFUSED.test(code))
    return `PostgreSQL at DATABASE_URL cannot be used: ${message || code}`;
  return name === 'Error' || name === 'TypeError' ? (stack ?? message) : message;
}

const started = main();
started.catch(async (error: unknown) => {
  if (stopping) return;
  process.stderr.write(`${explain(error)}\n`);
  await stop(1);
});
