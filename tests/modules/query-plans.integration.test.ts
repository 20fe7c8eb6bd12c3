import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { createAccountsRepository } from '../../src/modules/accounts/index.js';
import {
  createConversationLog,
  createConversationsRepository,
  createUserLog,
  presentMessage,
} from '../../src/modules/conversations/index.js';
import { createMessagesRepository } from '../../src/modules/messages/index.js';
import { type Database, openDatabase } from '../../src/platform/database.js';
import { fakeCaller } from '../realtime/fakes.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';

const id = (kind: number, n: number) =>
  `${kind}0000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const sqlId = (kind: number, n: string) =>
  `('${kind}0000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

const BUSINESS = id(1, 1);
const AGENT = id(2, 1);
const CUSTOMER = id(2, 10);
/** 20,000 messages; the others have 20 each. */
const LONG = id(3, 10);

/** 4,000 conversations of eight businesses and 100,000 messages. */
const FILL = `
  INSERT INTO "Business" ("id", "name", "widgetKey")
    SELECT ${sqlId(1, 'n')}, 'Business ' || n, 'key' || n FROM generate_series(1, 8) n;
  INSERT INTO "User" ("id", "externalId", "name")
    SELECT ${sqlId(2, 'n')}, 'user' || n, 'User ' || n FROM generate_series(1, 4009) n;
  INSERT INTO "BusinessMember" ("businessId", "userId", "role") VALUES ('${BUSINESS}', '${AGENT}', 'agent');
  INSERT INTO "Conversation" ("id", "type", "businessId", "customerId", "lastSeq", "lastMessageAt", "changedAt")
    SELECT ${sqlId(3, 'n')}, 'support', ${sqlId(1, '1 + n % 8')}, ${sqlId(2, 'n')},
      22, now() - n * interval '1 minute', now() - n * interval '1 minute'
    FROM generate_series(10, 4009) n;
  UPDATE "Conversation" SET "businessId" = '${BUSINESS}' WHERE "id" = '${LONG}';
  INSERT INTO "Participant" ("conversationId", "userId", "changeSeq", "userSeq", "role", "joinedSeq", "readSeq")
    SELECT ${sqlId(3, 'n')}, ${sqlId(2, 'n')}, 2, 1, 'customer', 2, 2 FROM generate_series(10, 4009) n;
  UPDATE "User" SET "lastSeq" = 1;
  INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body")
    SELECT ${sqlId(3, 'n')}, s, s, CASE WHEN s % 2 = 0 THEN '${AGENT}'::uuid ELSE ${sqlId(2, 'n')} END,
      '{}', 'c' || s, 'hash', 'What was said ' || s
    FROM generate_series(10, 4009) n, LATERAL generate_series(3, CASE WHEN n = 10 THEN 20022 ELSE 22 END) s;
  UPDATE "Message" SET "changeSeq" = 20023, "body" = 'Edited' WHERE "conversationId" = '${LONG}' AND "seq" = 7;
  UPDATE "Conversation" SET "lastSeq" = 20023 WHERE "id" = '${LONG}';
  ANALYZE;`;

let target: TestDatabase;
let database: Database;
const ran: { name: string; values: readonly unknown[] }[] = [];

beforeAll(async () => {
  target = await cloneDatabase();
  const admin = new pg.Client({ connectionString: target.url });
  await admin.connect();
  await admin.query(FILL);
  await admin.end();
  // One connection, so that what it has prepared can be explained on it.
  const opened = openDatabase({ url: target.url, max: 1, log: silent });
  const past: Database['query'] = (statement) => {
    ran.push(statement);
    return opened.query(statement);
  };
  database = { ...opened, query: past };
  const pool = database.pool as { query(config: pg.QueryConfig): unknown };
  const query = pool.query.bind(pool);
  jest.spyOn(pool, 'query').mockImplementation((config) => {
    ran.push({ name: config.name ?? '', values: config.values ?? [] });
    return query(config);
  });
}, 60_000);

afterAll(async () => {
  jest.restoreAllMocks();
  await database.close();
  await target.drop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

interface Scan {
  readonly table: string;
  readonly how: string;
  /** Rows that were read, also those which a filter dropped. */
  readonly rows: number;
}

function* scans(plan: Plan): Generator<Scan> {
  const table = plan['Relation Name'];
  if (table !== undefined) {
    const rows = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
    yield { table, how: plan['Node Type'], rows: Math.round(rows * plan['Actual Loops']) };
  }
  for (const inner of plan.Plans ?? []) yield* scans(inner);
}

/** Runs an action of a repository, then explains the very statements which it prepared. */
async function explain(action: () => Promise<unknown>): Promise<Scan[]> {
  ran.length = 0;
  await action();
  const statements = ran.splice(0);
  const found: Scan[] = [];
  for (const { name, values } of statements) found.push(...scans(await planOf(name, values)));
  return found;
}

async function planOf(name: string, values: readonly unknown[]): Promise<Plan> {
  const literals = values.map(literal).join(', ');
  const { rows } = await database.pool.query(
    `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE "${name}"${literals && `(${literals})`}`,
  );
  return rows[0]['QUERY PLAN'][0].Plan;
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.join(',')}}`);
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
}

const BIG = ['Message', 'Conversation', 'Participant', 'User'];
const whole = (found: readonly Scan[]) =>
  found.filter(({ table, how }) => how === 'Seq Scan' && BIG.includes(table));
const read = (found: readonly Scan[], table: string) =>
  found.filter((scan) => scan.table === table).reduce((sum, { rows }) => sum + rows, 0);

const agent = fakeCaller({ userId: AGENT, staffOf: [BUSINESS] });
const customer = fakeCaller({ userId: CUSTOMER });
/** Where the newest 50 conversations of the business end. */
const before = { at: new Date(Date.now() - 400 * 60_000).toISOString(), id: LONG };
const page = { limit: 51, businessId: undefined, status: undefined, before: null };

describe('with 100,000 messages and 4,000 conversations', () => {
  test.each([
    ['newest', { kind: 'newest' }],
    ['older', { kind: 'before', seq: 10_000 }],
    ['newer', { kind: 'after', seq: 10_000 }],
    ['changed', { kind: 'changed', since: 20_000, after: 0 }],
  ] as const)('a page of %s history reads its own rows by an index', async (_name, range) => {
    const { history } = createMessagesRepository(database.prisma, presentMessage);
    const found = await explain(() => history(LONG, range, 51));
    expect(whole(found)).toEqual([]);
    expect(read(found, 'Message')).toBeLessThanOrEqual(51);
  });

  test.each([
    ['of staff', agent, page],
    ['of staff, further down', agent, { ...page, before }],
    ['of staff, open only', agent, { ...page, status: 'open' }],
    ['of a customer', customer, page],
  ])('the inbox %s uses indexes', async (_name, caller, query) => {
    const { list } = createConversationsRepository(database);
    const found = await explain(() => list(caller, query));
    expect(whole(found)).toEqual([]);
    expect(read(found, 'Conversation')).toBeLessThanOrEqual(60);
  });

  test('unread counts stop at what a badge shows', async () => {
    const { membership, item } = createConversationsRepository(database);
    const found = [
      ...(await explain(() => membership(CUSTOMER, LONG))),
      ...(await explain(() => item(AGENT, LONG))),
    ];
    expect(whole(found)).toEqual([]);
    expect(read(found, 'Message')).toBeLessThanOrEqual(500);
  });

  test('the review of open sessions uses indexes', async () => {
    const { visible } = createConversationsRepository(database);
    const seats = [AGENT, CUSTOMER].map((userId) => ({ userId, conversationId: LONG }));
    const { businessesOf } = createAccountsRepository(database);
    const found = [
      ...(await explain(() => visible(seats))),
      ...(await explain(() => businessesOf([AGENT, CUSTOMER]))),
    ];
    expect(whole(found)).toEqual([]);
  });

  test('a catch-up, the sweep and the own stream use indexes', async () => {
    const log = createConversationLog(database);
    const users = createUserLog(database);
    const now = Date.now();
    const found = [
      ...(await explain(() => log.read(LONG, 20_000, 1_000))),
      ...(await explain(() => log.changed({ changedAt: now - 1_200_000, id: LONG }, now, 1_000))),
      ...(await explain(() => log.addressed([{ id: LONG, lastSeq: 1 }]))),
      ...(await explain(() => log.changedFor(agent, now - 1_200_000, 100))),
      ...(await explain(() => users.read(CUSTOMER, 0))),
      ...(await explain(() => users.ahead([{ userId: CUSTOMER, position: 0 }]))),
    ];
    expect(whole(found)).toEqual([]);
  });

  test('rights are read by keys', async () => {
    const { access } = createConversationsRepository(database);
    const found = await explain(() => access(AGENT, LONG));
    expect(whole(found)).toEqual([]);
  });
});

test('a send writes no indexed column of its conversation, so PostgreSQL keeps the row in its page', async () => {
  const { rows } = await database.pool.query(`
    SELECT DISTINCT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
    WHERE i.indrelid = '"Conversation"'::regclass AND (a.attnum = ANY (i.indkey)
      OR a.attnum IN (SELECT d.refobjsubid FROM pg_depend d WHERE d.objid = i.indexrelid AND d.refobjid = i.indrelid))`);
  const written = ['lastSeq', 'lastMessageSeq', 'lastMessageAt', 'changedAt'];
  const indexed = rows.map(({ name }) => name);
  expect(indexed).toContain('changedSlot');
  expect(indexed).toContain('status');
  expect(indexed.filter((name) => written.includes(name))).toEqual([]);
});
