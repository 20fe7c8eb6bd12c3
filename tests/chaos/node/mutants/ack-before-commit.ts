import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import type { Wrappers } from '../../../../src/app.js';
import { openPool, type Send, type SendResult, storeOf } from './rows.js';

/** How long the commit comes after the answer. */
const LATE_MS = 150;

/** Answers from within the transaction: what it says is true unless the node or the database dies just then. */
export function ackBeforeCommit(databaseUrl: string): Partial<Wrappers> {
  const pool = openPool(databaseUrl);
  return { store: () => storeOf((sends) => storeAndCommitLater(pool, sends)) };
}

async function storeAndCommitLater(
  pool: pg.Pool,
  sends: readonly Send[],
): Promise<(SendResult | null)[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query(SEND, columns(sends));
    void commitLater(client);
    return rows.map((row) => (row.outcome === 'busy' ? null : (row as SendResult)));
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function commitLater(client: pg.PoolClient): Promise<void> {
  await wait(LATE_MS);
  const failed = await client.query('commit').then(
    () => false,
    () => true,
  );
  client.release(failed);
}

const SEND = `select * from chat_send($1::uuid[], $2::uuid[], $3::text[]::jsonb[], $4::text[], $5::text[], $6::text[],
  $7::int[], $8::text[], $9::int[])`;

function columns(sends: readonly Send[]): unknown[][] {
  const column = (read: (send: Send) => unknown) => sends.map(read);
  return [
    column((s) => s.conversationId),
    column((s) => s.sender.id),
    column((s) => JSON.stringify(s.sender)),
    column((s) => s.clientId),
    column((s) => s.requestHash),
    column((s) => s.body),
    column((s) => s.replyTo),
    column((s) => s.joinAs),
    column((s) => s.ifLastSeq),
  ];
}
