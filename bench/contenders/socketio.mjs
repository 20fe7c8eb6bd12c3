import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startNodes } from '../support/node-process.mjs';
import { createDatabase, inDatabase } from '../support/services.mjs';
import { issueToken, SECRET } from './tokens.mjs';

const PEER = new URL('../peers/socketio/', import.meta.url);

/** Two nodes of the peer, and pairs of people who talk to each other across them. */
export async function startSocketIo({ postgres, redis, pairs, poolMax, profile, library }) {
  const databaseUrl = await createDatabase(postgres, 'peer_socketio');
  const people = Array.from({ length: pairs }, () => [randomUUID(), randomUUID()]);
  const conversations = await inDatabase(databaseUrl, (client) => seed(client, people));
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: `${poolMax}`,
    REDIS_URL: redis.url,
    JWT_SECRET: SECRET,
  };
  const script = fileURLToPath(new URL('server.mjs', PEER));
  const nodes = await startNodes({ script, env, profile, count: 2 });
  return {
    name: 'socketio',
    client: library ? 'socketio-library' : 'socketio',
    pids: nodes.map(({ pid }) => pid),
    targets: people.map((pair, index) =>
      pair.map((userId, side) => ({
        url: nodes[side].url,
        token: issueToken(userId),
        conversationId: conversations[index],
      })),
    ),
  };
}

/** The peer has no REST of its own, so its conversations are written straight into its table. */
async function seed(client, people) {
  await client.query(await readFile(new URL('schema.sql', PEER), 'utf8'));
  const conversations = people.map(() => randomUUID());
  const insert = 'INSERT INTO participants SELECT * FROM unnest($1::uuid[], $2::uuid[])';
  for (const side of [0, 1])
    await client.query(insert, [conversations, people.map((pair) => pair[side])]);
  return conversations;
}
