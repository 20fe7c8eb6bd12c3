import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { createStore, createWriter } from '../../../src/modules/messages/index.js';
import type { Send, SendResult } from '../../../src/modules/messages/send.js';
import { type Database, openDatabase } from '../../../src/platform/database.js';
import { toAppError } from '../../../src/platform/errors.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { silent } from '../../support/log.js';

interface Side {
  readonly target: TestDatabase;
  readonly database: Database;
}

/** One is written to as nodes do, the other by the full statement only. */
let sides: readonly [Side, Side];

const [BUSINESS, CUSTOMER, AGENT, STRANGER, FORMER] = Array.from({ length: 5 }, randomUUID) as [
  string,
  string,
  string,
  string,
  string,
];
const PEOPLE = [CUSTOMER, AGENT, STRANGER, FORMER];
const [OPEN, DIRECT, RESOLVED, CLOSED, RIVAL] = Array.from({ length: 5 }, randomUUID) as [
  string,
  string,
  string,
  string,
  string,
];
const CONVERSATIONS = [OPEN, DIRECT, RESOLVED, CLOSED, randomUUID()];

/** Open; direct; resolved; resolved beside another that is open (of the stranger); and one that does not exist. */
const FILL = `
  INSERT INTO "Business" ("id", "name", "widgetKey") VALUES ('${BUSINESS}', 'Kiln & Thread', 'key');
  INSERT INTO "User" ("id", "externalId", "name") SELECT u, u::text, 'Somebody' FROM unnest('{${PEOPLE}}'::uuid[]) u;
  INSERT INTO "Conversation" ("id", "type", "businessId", "customerId", "directKey", "status", "lastSeq") VALUES
    ('${OPEN}', 'support', '${BUSINESS}', '${CUSTOMER}', NULL, 'open', 9),
    ('${DIRECT}', 'direct', NULL, NULL, '${AGENT}:${CUSTOMER}', 'open', 9),
    ('${RESOLVED}', 'support', '${BUSINESS}', '${AGENT}', NULL, 'resolved', 9),
    ('${CLOSED}', 'support', '${BUSINESS}', '${STRANGER}', NULL, 'resolved', 9),
    ('${RIVAL}', 'support', '${BUSINESS}', '${STRANGER}', NULL, 'open', 9);
  INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "role", "joinedSeq", "leftSeq")
    SELECT c, u, 2, 'member', 2, CASE WHEN u = '${FORMER}' THEN 3 END
    FROM unnest('{${[OPEN, DIRECT, RESOLVED, CLOSED]}}'::uuid[]) c, unnest('{${[CUSTOMER, AGENT, FORMER]}}'::uuid[]) u;`;

beforeAll(async () => {
  sides = [await openSide(), await openSide()];
});

afterAll(async () => {
  for (const { database, target } of sides) {
    await database.close();
    await target.drop();
  }
});

async function openSide(): Promise<Side> {
  const target = await cloneDatabase();
  const database = openDatabase({ url: target.url, max: 8, log: silent });
  await database.pool.query(FILL);
  return { target, database };
}

const send = (conversationId: string, senderId: string, more: Partial<Send> = {}): Send => ({
  conversationId,
  body: 'Hello',
  clientId: randomUUID(),
  replyTo: null,
  ifLastSeq: null,
  sender: { id: senderId, name: 'Somebody', role: 'CUSTOMER', avatar: null },
  requestHash: 'hash',
  joinAs: null,
  ...more,
});

/** Few keys, so that repeats and conflicts with earlier batches are common; never twice in one batch. */
const batches = fc.array(
  fc.uniqueArray(
    fc.record({
      conversation: fc.constantFrom(...CONVERSATIONS),
      person: fc.constantFrom(...PEOPLE),
      key: fc.nat(30),
      requestHash: fc.constantFrom('hash', 'hash', 'hash', 'other'),
    }),
    {
      maxLength: 12,
      minLength: 1,
      selector: (one) => `${one.conversation}${one.person}${one.key}`,
    },
  ),
  { maxLength: 6, minLength: 1 },
);

const told = (results: readonly (SendResult | null)[]) =>
  results.map((result) => ({ ...result, createdAt: null, members: null }));

const QUERIES = [
  `SELECT "id", "lastSeq", "lastMessageSeq", "changeSeq", "status" FROM "Conversation" ORDER BY "id"`,
  `SELECT "conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "replyToSeq", "kind"
    FROM "Message" ORDER BY 1, 2`,
];
const held = ({ database }: Side) =>
  Promise.all(QUERIES.map(async (text) => (await database.pool.query(text)).rows));

test('the short statements do what the full one does, whatever comes', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (runs) => {
      for (const run of runs) {
        const sends = run.map(({ conversation, person, key, requestHash }) =>
          send(conversation, person, { clientId: `key${key}`, requestHash }),
        );
        const writer = createWriter(createStore(sides[0].database));
        const quick = await Promise.all(sends.map((one) => writer.write(one)));
        const full = await createStore(sides[1].database).full(sends);
        expect(told(quick)).toEqual(told(full));
      }
      expect(await held(sides[0])).toEqual(await held(sides[1]));
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('of an ordinary send the time is that of its conversation’s last message', async () => {
  const { database } = sides[0];
  const store = createStore(database);
  const batch = [send(OPEN, CUSTOMER), send(DIRECT, CUSTOMER), send(OPEN, AGENT)];
  const results = [...(await store.quick(batch)), ...(await store.quick([send(OPEN, AGENT)]))];
  for (const result of results) {
    const { rows } = await database.pool.query(
      `SELECT "createdAt" FROM "Message" WHERE "conversationId" = ANY ($1) AND "createdAt" = $2`,
      [[OPEN, DIRECT], result?.createdAt],
    );
    expect(rows.length).toBeGreaterThan(0);
  }
});

/** Somebody who took the row of a conversation and went to lunch. */
async function holdRow(url: string, conversationId: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM "Conversation" WHERE "id" = $1 FOR UPDATE', [conversationId]);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}

test.each([
  ['ordinary', {}],
  ['conditional', { ifLastSeq: 1_000_000 }],
])(
  'a conversation whose row somebody holds delays no other; %s sends into it are refused as retryable, and go later',
  async (_name, more) => {
    const { database, target } = sides[0];
    const release = await holdRow(target.url, OPEN);
    const writer = createWriter(createStore(database));
    const blocked = send(OPEN, CUSTOMER, more);
    const outcome = writer.write(blocked).catch((error: unknown) => error);
    const others = [DIRECT, DIRECT, DIRECT].map((id) => writer.write(send(id, CUSTOMER)));
    let isAnswered = false;
    void outcome.then(() => {
      isAnswered = true;
    });
    for (const result of await Promise.all(others)) expect(result.outcome).toBe('stored');
    for (let n = 0; n < 20; n += 1) await writer.write(send(DIRECT, AGENT));
    expect(isAnswered).toBe(false);
    const error = await outcome;
    expect(toAppError(error)).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    await release();
    expect((await writer.write(blocked)).outcome).toBe('stored');
    expect((await writer.write(blocked)).outcome).toBe('duplicate');
  },
);

test('many senders into one conversation share statements, on each of two nodes', async () => {
  const { database } = sides[0];
  const before = (await held(sides[0]))[0]?.find(({ id }) => id === OPEN).lastSeq as number;
  let statements = 0;
  const store = createStore({
    query: (statement) => {
      statements += 1;
      return database.query(statement);
    },
  });
  const nodes = [createWriter(store), createWriter(store)];
  const results = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      (nodes[n % 2] as (typeof nodes)[0]).write(send(OPEN, n % 3 ? CUSTOMER : AGENT)),
    ),
  );
  const numbers = results.map(({ seq }) => (seq as number) - before).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
  expect(statements).toBeLessThan(20);
});

test('a database whose disk is full refuses sends and answers reads; no number is lost', async () => {
  const { database } = sides[0];
  await database.pool.query(`
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON "Message" EXECUTE FUNCTION full_disk()`);
  const before = await held(sides[0]);
  const writer = createWriter(createStore(database));
  for (const more of [{}, { ifLastSeq: 1_000_000 }]) {
    const refused = await writer.write(send(OPEN, CUSTOMER, more)).catch((error: unknown) => error);
    expect(toAppError(refused)).toMatchObject({ code: 'unavailable' });
  }
  expect(await held(sides[0])).toEqual(before);
  await database.pool.query('DROP TRIGGER full_disk ON "Message"');
  expect((await writer.write(send(OPEN, CUSTOMER))).outcome).toBe('stored');
});
