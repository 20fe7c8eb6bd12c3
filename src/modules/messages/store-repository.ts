import type { Database } from '../../platform/database.js';
import type { Send, SendResult } from './send.js';
import type { Store } from './writer.js';

/** Of what was stored without anything out of the ordinary. */
interface QuickRow {
  readonly at: number;
  readonly seq: number;
  readonly createdAt: Date;
  readonly businessId: string | null;
  readonly customerId: string | null;
  readonly directKey: string | null;
}

type FullRow = Omit<SendResult, 'outcome'> & { readonly outcome: SendResult['outcome'] | 'busy' };

/**
 * Stop six of the life of a message. Three statements with the same outcomes: `chat_send` knows every case, the other two
 * only the common one (a participant writes under a new key into an open conversation) at a fraction of its cost. Sent
 * past Prisma, whose raw query costs the sending node more than all our own code on the way.
 */
export function createStore({ query }: Pick<Database, 'query'>): Store {
  return {
    quick: async (sends) => {
      const rows = await query<QuickRow>(
        sends.length === 1 ? lone(sends[0] as Send) : several(sends),
      );
      const results: (SendResult | null)[] = sends.map(() => null);
      for (const row of rows) results[row.at] = stored(row);
      return results;
    },
    full: async (sends) => {
      const rows = await query<FullRow>(anySends(sends));
      return rows.map((row) => (row.outcome === 'busy' ? null : (row as SendResult)));
    },
  };
}

const stored = ({ seq, createdAt, businessId, customerId, directKey }: QuickRow): SendResult => ({
  outcome: 'stored',
  seq,
  createdAt,
  joinedSeq: null,
  reopenedSeq: null,
  openId: null,
  businessId,
  customerId,
  members: directKey === null ? null : directKey.split(':'),
});

/**
 * No row: nothing was stored. A racing repeat may not see its winner in its snapshot; the unique key then undoes the
 * statement, number and all. For BETWEEN see `chat_send`.
 */
const LONE = `
  WITH counted AS (
    UPDATE "Conversation" c SET "lastSeq" = c."lastSeq" + 1, "lastMessageSeq" = c."lastSeq" + 1,
      "lastMessageAt" = clock_timestamp(), "changedAt" = clock_timestamp()
    WHERE c."id" = $1 AND c."status" = 'open'
      AND EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = $1 AND p."userId" BETWEEN $2 AND $2
        AND p."leftSeq" IS NULL)
      AND NOT EXISTS (SELECT 1 FROM "Message" m WHERE m."conversationId" = $1 AND m."senderId" = $2 AND m."clientId" = $4)
    RETURNING c."lastSeq", c."lastMessageAt", c."businessId", c."customerId", c."directKey"
  ), stored AS (
    INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "createdAt")
    SELECT $1::uuid, c."lastSeq", c."lastSeq", $2::uuid, $3::jsonb, $4::text, $5, $6, c."lastMessageAt" FROM counted c
  )
  SELECT 0 AS "at", c."lastSeq" AS "seq", c."lastMessageAt" AS "createdAt", c."businessId", c."customerId", c."directKey"
  FROM counted c`;

const lone = ({ conversationId, sender, clientId, requestHash, body }: Send) => ({
  name: 'send-lone',
  text: LONE,
  values: [conversationId, sender.id, JSON.stringify(sender), clientId, requestHash, body],
});

/** The sends of a conversation are stored all or none, so that they keep their order. Whoever holds it is not waited for. */
const SEVERAL = `
  WITH item AS MATERIALIZED (
    SELECT i.*, p."here" IS NOT NULL AND k."known" IS NULL AS ordinary
    FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
      WITH ORDINALITY AS i (cid, nth, sid, snapshot, client, hash, body, ord)
    LEFT JOIN LATERAL (SELECT true AS "here" FROM "Participant" p WHERE p."conversationId" = i.cid
      AND p."userId" BETWEEN i.sid AND i.sid AND p."leftSeq" IS NULL LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT true AS "known" FROM "Message" m WHERE m."conversationId" = i.cid
      AND m."senderId" = i.sid AND m."clientId" = i.client LIMIT 1) k ON true
  ), held AS MATERIALIZED (
    SELECT c."id", t.n FROM (SELECT i.cid, count(*)::int AS n FROM item i GROUP BY i.cid HAVING bool_and(i.ordinary)) t
    CROSS JOIN LATERAL (SELECT c."id" FROM "Conversation" c WHERE c."id" = t.cid AND c."status" = 'open'
      FOR NO KEY UPDATE SKIP LOCKED) c
  ), counted AS (
    UPDATE "Conversation" c SET "lastSeq" = c."lastSeq" + h.n, "lastMessageSeq" = c."lastSeq" + h.n,
      "lastMessageAt" = clock_timestamp(), "changedAt" = clock_timestamp()
    FROM held h WHERE c."id" = h."id"
    RETURNING c."id", c."lastSeq" - h.n AS base, c."lastMessageAt", c."businessId", c."customerId", c."directKey"
  ), placed AS MATERIALIZED (
    SELECT i.*, c.base + i.nth AS seq, c."lastMessageAt" AS now, c."businessId", c."customerId", c."directKey"
    FROM item i JOIN counted c ON c."id" = i.cid
  ), stored AS (
    INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "createdAt")
    SELECT p.cid, p.seq, p.seq, p.sid, p.snapshot::jsonb, p.client, p.hash, p.body, p.now FROM placed p
  )
  SELECT (p.ord - 1)::int AS "at", p.seq, p.now AS "createdAt", p."businessId", p."customerId", p."directKey" FROM placed p`;

const several = (sends: readonly Send[]) => ({
  name: 'send-several',
  text: SEVERAL,
  values: [
    sends.map((s) => s.conversationId),
    places(sends),
    sends.map((s) => s.sender.id),
    sends.map((s) => JSON.stringify(s.sender)),
    sends.map((s) => s.clientId),
    sends.map((s) => s.requestHash),
    sends.map((s) => s.body),
  ],
});

/** Of each send among those of its conversation, from 1. */
function places(sends: readonly Send[]): number[] {
  const counts = new Map<string, number>();
  return sends.map(({ conversationId }) => {
    const place = (counts.get(conversationId) ?? 0) + 1;
    counts.set(conversationId, place);
    return place;
  });
}

const ANY = `
  SELECT "outcome", "seq", "createdAt", "joinedSeq", "reopenedSeq", "openId", "businessId", "customerId", "members"
  FROM chat_send($1::uuid[], $2::uuid[], $3::text[]::jsonb[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::int[])`;

const anySends = (sends: readonly Send[]) => ({
  name: 'send-any',
  text: ANY,
  values: [
    sends.map((s) => s.conversationId),
    sends.map((s) => s.sender.id),
    sends.map((s) => JSON.stringify(s.sender)),
    sends.map((s) => s.clientId),
    sends.map((s) => s.requestHash),
    sends.map((s) => s.body),
    sends.map((s) => s.replyTo),
    sends.map((s) => s.joinAs),
    sends.map((s) => s.ifLastSeq),
  ],
});
