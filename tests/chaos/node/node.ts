import { fileURLToPath } from 'node:url';
import { createApp, type Wrappers } from '../../../src/app.js';
import { type Config, loadConfig } from '../../../src/config.js';
import { openDatabase } from '../../../src/platform/database.js';
import { createLogger } from '../../../src/platform/logger.js';
import { openRedis, openSubscriber } from '../../../src/platform/redis.js';
import { createKillPoints } from './kill-points.js';
import { isMutant, mutate } from './mutants/index.js';

const CLIENT = fileURLToPath(new URL('../../../dist/client', import.meta.url));
/** As `main.ts` has it. */
const WATCHDOG_MS = 15_000;

const config = loadConfig(process.env);
const log = createLogger('info');
const databaseUrl = config.databaseUrl as string;
const database = openDatabase({ url: databaseUrl, max: config.databasePoolMax, log });
const app = await createApp({
  config,
  jwtSecret: config.jwtSecret as string,
  database,
  redis: connectRedis(config),
  log,
  clientDir: CLIENT,
  wrap: wrappers(),
});
process.on('unhandledRejection', (err) => log.error({ err }, 'unhandled rejection'));
process.once('SIGTERM', () => void leave());
process.once('disconnect', () => process.exit(1));
await app.start();
await app.http.listen({ port: config.port, host: config.host });
process.send?.('serving');

function connectRedis({ redisUrl = '', redisPrefix: prefix }: Config) {
  return { commands: openRedis(redisUrl, log), subscriber: openSubscriber(redisUrl, log), prefix };
}

function wrappers(): Wrappers {
  const points = createKillPoints();
  const mutant = process.env.CHAOS_MUTANT;
  process.on('message', ({ arm }: { arm: Parameters<typeof points.arm>[0] }) => points.arm(arm));
  return isMutant(mutant) ? mutate(mutant, databaseUrl, points.wrappers) : points.wrappers;
}

async function leave(): Promise<void> {
  setTimeout(() => process.exit(1), config.drainMs + WATCHDOG_MS).unref();
  await app.drain();
  await database.close();
  process.exit(0);
}
