import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../support/build.mjs';
import { eachOf } from '../support/each-of.mjs';
import { startNodes } from '../support/node-process.mjs';
import { createDatabase, inDatabase } from '../support/services.mjs';
import { issueToken, SECRET } from './tokens.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Raised, not removed: every limit is still counted on the way. */
const RAISED = {
  LIMIT_MESSAGES_BURST: '1000000',
  LIMIT_MESSAGES_PER_SECOND: '1000000',
  LIMIT_REQUESTS_PER_MINUTE: '100000000',
  LIMIT_CONNECTIONS_PER_USER: '100000',
  LIMIT_UPGRADES_PER_IP_PER_SECOND: '100000',
  LIMIT_UPGRADES_PER_SECOND: '100000',
};

/** Ours as operators run it. `start` takes what `startNodes` takes. */
export async function servihub({ postgres, redis, poolMax = 10 }) {
  buildIfStale(ROOT);
  const databaseUrl = await createDatabase(postgres, 'servihub');
  const env = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: `${poolMax}`,
    REDIS_URL: redis.url,
    JWT_SECRET: SECRET,
    DRAIN_MS: '0',
    ...RAISED,
  };
  const script = join(ROOT, 'dist/server/main.js');
  return {
    name: 'servihub',
    client: 'servihub',
    databaseUrl,
    start: ({ limits, ...options } = {}) =>
      startNodes({ script, env: { ...env, ...limits }, ...options }),
  };
}

/** Subjects that the service has seen before, as it has nearly everybody who connects. */
export function knowPeople(databaseUrl, subjects) {
  const insert = `INSERT INTO "User" ("issuer", "externalId", "name") SELECT '', s, 'Somebody' FROM unnest($1::text[]) s`;
  return inDatabase(databaseUrl, (client) => client.query(insert, [subjects]));
}

/** Pairs of people who talk to each other, the senders on one node and the receivers on the other. */
export const openPairs = (nodes, pairs) => eachOf(pairs, () => openPair(nodes));

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

export async function call(url, token, path, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const request = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(new URL(path, url), request);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
