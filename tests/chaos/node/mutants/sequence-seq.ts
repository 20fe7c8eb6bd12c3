import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { Wrappers } from '../../../../src/app.js';
import {
  insertMessage,
  inTransaction,
  openPool,
  type Send,
  type SendResult,
  storeOf,
} from './rows.js';

const SLOWEST_MS = 500;

/** Numbers like those of a database sequence: unique, taken before the commit and under no lock that lasts until it. */
export function sequenceSeq(databaseUrl: string): Partial<Wrappers> {
  const pool = openPool(databaseUrl);
  return { store: () => storeOf((sends) => Promise.all(sends.map((send) => store(pool, send)))) };
}

async function store(pool: pg.Pool, send: Send): Promise<SendResult> {
  const known = await find(pool, send);
  if (known) return known;
  const seq = await nextNumber(pool, send);
  return inTransaction(pool, async (client) => {
    const result = await insertMessage(client, send, seq);
    await wait(Math.random() * SLOWEST_MS);
    await client.query(
      `update "Conversation" set "lastSeq" = greatest("lastSeq", $2), "lastMessageSeq" = greatest("lastMessageSeq", $2),
         "lastMessageAt" = clock_timestamp(), "changedAt" = clock_timestamp() where "id" = $1`,
      [send.conversationId, seq],
    );
    return result;
  });
}

async function find(pool: pg.Pool, send: Send): Promise<SendResult | null> {
  const { rows } = await pool.query(
    `select "seq", "createdAt" from "Message" where "conversationId" = $1 and "senderId" = $2 and "clientId" = $3`,
    [send.conversationId, send.sender.id, send.clientId],
  );
  const nothing = { joinedSeq: null, reopenedSeq: null, openId: null };
  const nobody = { businessId: null, customerId: null, members: null };
  return rows[0] ? { outcome: 'duplicate', ...rows[0], ...nothing, ...nobody } : null;
}

async function nextNumber(pool: pg.Pool, { conversationId }: Send): Promise<number> {
  const { rows } = await pool.query(
    `insert into chaos_sequence as s (id, n) select "id", "lastSeq" + 1 from "Conversation" where "id" = $1
     on conflict (id) do update set n = s.n + 1 returning n`,
    [conversationId],
  );
  return rows[0].n;
}
