import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startNodes } from '../support/node-process.mjs';
import { createDatabase, inDatabase } from '../support/services.mjs';
import { issueToken, SECRET } from './tokens.mjs';

const PEER = new URL('../peers/socketio/', import.meta.url);

/** The peer, with its tables. */
export async function socketIo({ postgres, redis, poolMax = 10, library = false }) {
  const databaseUrl = await createDatabase(postgres, 'peer_socketio');
  const schema = await readFile(new URL('schema.sql', PEER), 'utf8');
  await inDatabase(databaseUrl, (client) => client.query(schema));
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: `${poolMax}`,
    REDIS_URL: redis.url,
    JWT_SECRET: SECRET,
  };
  const script = fileURLToPath(new URL('server.mjs', PEER));
  return {
    name: 'socketio',
    client: library ? 'socketio-library' : 'socketio',
    databaseUrl,
    start: (options) => startNodes({ script, env, ...options }),
  };
}

export async function openPairs(databaseUrl, nodes, pairs) {
  const people = Array.from({ length: pairs }, () => [randomUUID(), randomUUID()]);
  const rooms = people.map((members) => ({ id: randomUUID(), members }));
  await seedRooms(databaseUrl, rooms);
  return rooms.map(({ id, members }) =>
    members.map((userId, side) => ({
      url: nodes[side].url,
      token: issueToken(userId),
      conversationId: id,
    })),
  );
}

/** The peer has no REST of its own, so its conversations are written straight into its table. */
export async function seedRooms(databaseUrl, rooms) {
  const rows = rooms.flatMap(({ id, members }) => members.map((member) => [id, member]));
  const insert = 'INSERT INTO participants SELECT * FROM unnest($1::uuid[], $2::uuid[])';
  const columns = [0, 1].map((column) => rows.map((row) => row[column]));
  await inDatabase(databaseUrl, (client) => client.query(insert, columns));
}
