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

/** Stores whatever comes: looks for no earlier message of the same `clientId`. */
export function noDedupe(databaseUrl: string): Partial<Wrappers> {
  const pool = openPool(databaseUrl);
  return {
    store: () => storeOf((sends) => Promise.all(sends.map((send) => store(pool, send)))),
  };
}

const store = (pool: pg.Pool, send: Send): Promise<SendResult> =>
  inTransaction(pool, async (client) => {
    const { rows } = await client.query(
      `update "Conversation" set "lastSeq" = "lastSeq" + 1, "lastMessageSeq" = "lastSeq" + 1,
         "lastMessageAt" = clock_timestamp(), "changedAt" = clock_timestamp() where "id" = $1 returning "lastSeq"`,
      [send.conversationId],
    );
    return insertMessage(client, send, rows[0].lastSeq);
  });
