import { randomUUID } from 'node:crypto';
import { inDatabase } from '../support/services.mjs';
import { seedRooms } from './socketio.mjs';
import { issueToken } from './tokens.mjs';

/** People in a room at most; above it they listen with several sessions each. */
const PEOPLE = 20;

/**
 * A plan of rooms that every contender gets: `sessions` listeners for each size, spread over both nodes, and one who
 * talks in each room. In ours a room is a support conversation, its listeners are staff who have it open.
 */
export function planRooms(sizes, sessions) {
  const people = Array.from({ length: PEOPLE }, () => randomUUID());
  const rooms = sizes.flatMap((size) =>
    Array.from({ length: Math.max(1, Math.floor(sessions / size)) }, () => ({
      id: randomUUID(),
      size,
      speaker: randomUUID(),
      listeners: Array.from({ length: size }, (_, index) => people[index % PEOPLE]),
    })),
  );
  return { people, rooms };
}

/** What the generator needs, by size. Speakers take turns on the nodes, listeners alternate. */
export function targetsOf({ rooms }, nodes) {
  const bySize = {};
  for (const [index, { id, size, speaker, listeners }] of rooms.entries()) {
    const target = (person, side) => ({
      url: nodes[side % nodes.length].url,
      token: issueToken(person),
      conversationId: id,
    });
    bySize[size] ??= [];
    bySize[size].push({
      speaker: target(speaker, index),
      listeners: listeners.map((person, side) => target(person, side)),
    });
  }
  return bySize;
}

export const seedTheirs = (databaseUrl, { rooms }) =>
  seedRooms(
    databaseUrl,
    rooms.map(({ id, speaker, listeners }) => ({
      id,
      members: [...new Set([speaker, ...listeners])],
    })),
  );

/** Straight into the tables: a thousand conversations by REST would take longer than the measurement. */
export function seedOurs(databaseUrl, { people, rooms }) {
  const business = randomUUID();
  const speakers = rooms.map(({ speaker }) => speaker);
  return inDatabase(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO "User" ("id", "externalId", "name") SELECT id, id::text, 'Somebody' FROM unnest($1::uuid[]) id`,
      [[...people, ...speakers]],
    );
    await client.query(
      `INSERT INTO "Business" ("id", "name", "widgetKey", "allowedOrigins") VALUES ($1, 'Rooms', $2, '{}')`,
      [business, business],
    );
    await client.query(
      `INSERT INTO "BusinessMember" SELECT $1, id, 'agent' FROM unnest($2::uuid[]) id`,
      [business, people],
    );
    const columns = [rooms.map(({ id }) => id), speakers];
    await client.query(
      `INSERT INTO "Conversation" ("id", "type", "businessId", "customerId", "changeSeq", "lastSeq")
       SELECT id, 'support', $3, customer, 1, 2 FROM unnest($1::uuid[], $2::uuid[]) room (id, customer)`,
      [...columns, business],
    );
    await client.query(
      `INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "role", "joinedSeq")
       SELECT id, customer, 2, 'customer', 2 FROM unnest($1::uuid[], $2::uuid[]) room (id, customer)`,
      columns,
    );
  });
}
