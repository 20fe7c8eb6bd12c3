import { fileURLToPath } from 'node:url';
import { startNodes } from '../support/node-process.mjs';
import { SECRET } from './tokens.mjs';

/** Plain `ws` with a verified token and a hint through Redis, nothing stored. */
export function floor({ redis }) {
  const env = { NODE_ENV: 'production', REDIS_URL: redis.url, JWT_SECRET: SECRET };
  const script = fileURLToPath(new URL('../peers/floor/server.mjs', import.meta.url));
  return {
    name: 'floor',
    client: 'floor',
    start: (options) => startNodes({ script, env, ...options }),
  };
}
