import { createLogger } from '../../src/platform/logger.js';
import { startNode } from '../support/node.js';

/** A node as a process of its own. It says its port, and how much memory it has whenever it is asked. */
const { DATABASE_URL = '', NODE_ENVIRONMENT = '{}' } = process.env;
const node = await startNode({
  databaseUrl: DATABASE_URL,
  env: JSON.parse(NODE_ENVIRONMENT) as Record<string, string>,
  log: createLogger('trace'),
});

process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ rss: process.memoryUsage.rss() });
});
process.once('SIGTERM', () => void node.stop().then(() => process.exit(0)));
process.send?.({ port: node.port });
