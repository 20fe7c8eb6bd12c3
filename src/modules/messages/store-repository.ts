import type { PrismaClient } from '../../generated/prisma/client.js';
import { isDataError } from './data-error.js';
import type { Send, SendResult } from './send.js';

/** Any number of sends of any sort: `chat_send` locks, finds repeats, numbers and inserts. One result per send, in order. */
export function storeBatch(prisma: PrismaClient, sends: readonly Send[]): Promise<SendResult[]> {
  const column = <T>(read: (send: Send) => T) => sends.map(read);
  return prisma.$queryRaw<SendResult[]>`
    SELECT * FROM chat_send(
      ${column((s) => s.conversationId)}::uuid[], ${column((s) => s.sender.id)}::uuid[],
      ${column((s) => JSON.stringify(s.sender))}::text[]::jsonb[], ${column((s) => s.clientId)}::text[],
      ${column((s) => s.requestHash)}::text[], ${column((s) => s.body)}::text[], ${column((s) => s.replyTo)}::int[],
      ${column((s) => s.joinAs)}::text[], ${column((s) => s.ifLastSeq)}::int[])`;
}

/**
 * The common case in a short statement, at a third of the function's cost: a participant writes under a new key into
 * an open conversation. Null: nothing was stored, because something is out of the ordinary; the function says what.
 * A racing repeat may not see its winner here; the unique key then undoes it, number and all.
 */
export async function storeLone(prisma: PrismaClient, send: Send): Promise<SendResult | null> {
  const { conversationId, sender, clientId, requestHash, body, replyTo } = send;
  try {
    const [row] = await prisma.$queryRaw<SendResult[]>`
      WITH counted AS (
        UPDATE "Conversation" c SET "lastSeq" = c."lastSeq" + 1, "lastMessageSeq" = c."lastSeq" + 1,
          "lastMessageAt" = clock_timestamp(), "changedAt" = clock_timestamp()
        WHERE c."id" = ${conversationId}::uuid AND c."status" = 'open'
          AND EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = c."id" AND p."userId" = ${sender.id}::uuid
            AND p."leftSeq" IS NULL)
          AND NOT EXISTS (SELECT 1 FROM "Message" m WHERE m."conversationId" = c."id" AND m."senderId" = ${sender.id}::uuid
            AND m."clientId" = ${clientId})
        RETURNING c."id", c."lastSeq", c."businessId", c."customerId", c."directKey"
      ), stored AS (
        INSERT INTO "Message" ("conversationId", "seq", "changeSeq", "senderId", "sender", "clientId", "requestHash", "body", "replyToSeq")
        SELECT c."id", c."lastSeq", c."lastSeq", ${sender.id}::uuid, ${JSON.stringify(sender)}::text::jsonb, ${clientId},
          ${requestHash}, ${body}, ${replyTo}::int FROM counted c
        RETURNING "seq", "createdAt"
      )
      SELECT 'stored' AS "outcome", s."seq", s."createdAt", NULL::int AS "joinedSeq", NULL::int AS "reopenedSeq",
        NULL::uuid AS "openId", c."businessId", c."customerId", string_to_array(c."directKey", ':') AS "members"
      FROM counted c, stored s`;
    return row ?? null;
  } catch (error) {
    if (isDataError(error)) return null;
    throw error;
  }
}
