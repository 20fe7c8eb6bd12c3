import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../support/build.mjs';
import { eachOf } from '../support/each-of.mjs';
import { startNodes } from '../support/node-process.mjs';
import { createDatabase } from '../support/services.mjs';
import { issueToken, SECRET } from './tokens.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Raised, not removed: every limit is still counted on the way. */
const LIMITS = {
  LIMIT_MESSAGES_BURST: '1000000',
  LIMIT_MESSAGES_PER_SECOND: '1000000',
  LIMIT_CONNECTIONS_PER_USER: '1000000',
  LIMIT_UPGRADES_PER_IP_PER_SECOND: '1000000',
  LIMIT_UPGRADES_PER_SECOND: '1000000',
  LIMIT_REQUESTS_PER_MINUTE: '100000000',
};

/** Two nodes of ours as operators run them, and pairs of people who talk to each other across them. */
export async function startServiHub({ postgres, redis, pairs, poolMax, profile }) {
  buildIfStale(ROOT);
  const env = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    DATABASE_URL: await createDatabase(postgres, 'servihub'),
    DATABASE_POOL_MAX: `${poolMax}`,
    REDIS_URL: redis.url,
    JWT_SECRET: SECRET,
    DRAIN_MS: '0',
    ...LIMITS,
  };
  const script = join(ROOT, 'dist/server/main.js');
  const nodes = await startNodes({ script, env, profile, count: 2 });
  const targets = await eachOf(pairs, () => openPair(nodes));
  return { name: 'servihub', client: 'servihub', pids: nodes.map(({ pid }) => pid), targets };
}

async function openPair(nodes) {
  const [sender, receiver] = [await meet(nodes[0].url), await meet(nodes[0].url)];
  const { id: conversationId } = await call(nodes[0].url, sender.token, '/api/conversations', {
    type: 'direct',
    userId: receiver.id,
  });
  return [sender, receiver].map(({ token }, side) => ({
    url: nodes[side].url,
    token,
    conversationId,
  }));
}

/** Somebody whom the service sees for the first time. */
async function meet(url) {
  const token = issueToken(randomUUID());
  const { id } = await call(url, token, '/api/me');
  return { id, token };
}

async function call(url, token, path, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const request = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(new URL(path, url), request);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
