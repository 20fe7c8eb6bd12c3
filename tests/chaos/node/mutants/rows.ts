import pg from 'pg';
import type { Store } from '../../../../src/modules/messages/index.js';

export type Send = Parameters<Store['full']>[0][number];
export type SendResult = NonNullable<Awaited<ReturnType<Store['full']>>[number]>;

/** Nothing goes the quick way. */
export const storeOf = (full: Store['full']): Store => ({
  quick: async (sends) => sends.map(() => null),
  full,
});

export function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 10, connectionTimeoutMillis: 3_000 });
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

/** Only a connection whose transaction is over goes back into the pool. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

export async function insertMessage(
  client: pg.PoolClient,
  send: Send,
  seq: number,
): Promise<SendResult> {
  const { rows } = await client.query(
    `insert into "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body")
     values ($1, $2, $2, $3, $4, $5, $6, $7) returning "createdAt"`,
    [
      send.conversationId,
      seq,
      send.sender.id,
      JSON.stringify(send.sender),
      send.clientId,
      send.requestHash,
      send.body,
    ],
  );
  return {
    ...(await recipients(client, send)),
    outcome: 'stored',
    seq,
    createdAt: rows[0].createdAt,
  };
}

async function recipients(client: pg.PoolClient, { conversationId }: Send) {
  const { rows } = await client.query(
    `select "businessId", "customerId", string_to_array("directKey", ':') as members
     from "Conversation" where "id" = $1`,
    [conversationId],
  );
  const { businessId, customerId, members } = rows[0];
  return { joinedSeq: null, reopenedSeq: null, openId: null, businessId, customerId, members };
}
