import { randomUUID } from 'node:crypto';
import { inDatabase } from '../support/services.mjs';

/** Of all messages this share stands in one conversation, and the rest in many of `PER_CONVERSATION`. */
const LONG_SHARE = 0.2;
const PER_CONVERSATION = 40;
const DIRECTS = 1_000;

const MESSAGES = `
  INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "createdAt")
  SELECT c."id", s, s, c."customerId", '{"id":"00000000-0000-0000-0000-000000000000","name":"Somebody","role":"CUSTOMER","avatar":null}',
    s::text, 'hash', repeat('x', 120), c."lastMessageAt" - (c."lastSeq" - s) * interval '1 minute'
  FROM "Conversation" c CROSS JOIN LATERAL generate_series(3, c."lastSeq") s WHERE c."businessId" = $1`;

/**
 * A business with many conversations and one very long one, its agent, and somebody with a thousand direct
 * conversations. Written in bulk: what is measured is reading.
 */
export function fillHistory(databaseUrl, messages) {
  const business = randomUUID();
  const long = Math.floor(messages * LONG_SHARE);
  const many = Math.max(1, Math.floor((messages - long) / PER_CONVERSATION));
  return inDatabase(databaseUrl, async (client) => {
    await client.query('SET synchronous_commit = off');
    const agent = await addPerson(client, 'agent');
    const friend = await addPerson(client, 'friend');
    await client.query(
      `INSERT INTO "Business" ("id", "name", "widgetKey", "allowedOrigins") VALUES ($1, 'History', 'history', '{}')`,
      [business],
    );
    await client.query(`INSERT INTO "BusinessMember" VALUES ($1, $2, 'agent')`, [business, agent]);
    await addConversations(client, { business, count: 1, length: long, name: 'long' });
    await addConversations(client, {
      business,
      count: many,
      length: PER_CONVERSATION,
      name: 'many',
    });
    await client.query(MESSAGES, [business]);
    await addDirects(client, friend);
    await client.query('VACUUM ANALYZE');
    const { rows } = await client.query(
      `SELECT "id", "lastSeq" FROM "Conversation" WHERE "businessId" = $1 ORDER BY "lastSeq" DESC, random() LIMIT 501`,
      [business],
    );
    return { business, long: rows[0], some: rows.slice(1), agent: 'agent', friend: 'friend' };
  });
}

async function addPerson(client, externalId) {
  const { rows } = await client.query(
    `INSERT INTO "User" ("externalId", "name") VALUES ($1, 'Somebody') RETURNING "id"`,
    [externalId],
  );
  return rows[0].id;
}

async function addConversations(client, { business, count, length, name }) {
  await client.query(
    `INSERT INTO "User" ("externalId", "name") SELECT $1 || n, 'Somebody' FROM generate_series(1, $2::int) n`,
    [`${name}-`, count],
  );
  await client.query(
    `INSERT INTO "Conversation" ("type", "businessId", "customerId", "lastSeq", "lastMessageSeq", "lastMessageAt")
     SELECT 'support', $1, u."id", 2 + $2::int, 2 + $2::int, now() - random() * interval '365 days'
     FROM "User" u WHERE u."externalId" LIKE $3`,
    [business, length, `${name}-%`],
  );
  await client.query(
    `INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "role", "joinedSeq")
     SELECT c."id", c."customerId", 2, 'customer', 2 FROM "Conversation" c WHERE c."businessId" = $1
     ON CONFLICT DO NOTHING`,
    [business],
  );
}

/** Friends of one person, picked from the customers; nobody has said anything yet. */
async function addDirects(client, friend) {
  await client.query(
    `WITH made AS (
       INSERT INTO "Conversation" ("type", "directKey", "lastSeq", "lastMessageAt")
       SELECT 'direct', least(u."id", $1::uuid) || ':' || greatest(u."id", $1::uuid), 3, now() - random() * interval '365 days'
       FROM "User" u WHERE u."externalId" LIKE 'many-%' LIMIT $2
       RETURNING "id", string_to_array("directKey", ':') AS "people"
     )
     INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "role", "joinedSeq")
     SELECT made."id", person.id::uuid, 1 + person.n, 'member', 1 + person.n
     FROM made CROSS JOIN LATERAL unnest(made."people") WITH ORDINALITY person (id, n)`,
    [friend, DIRECTS],
  );
}
