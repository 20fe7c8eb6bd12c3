import { Prisma } from '../../generated/prisma/client.js';

/** Where a time lies in `changedSlot` and `lastMessageSlot`. */
export const slotOf = (time: Date) =>
  Prisma.sql`date_bin('5 minutes', ${time}::timestamptz, '2000-01-01 00:00:00+00')`;

/** Unread is derived, never counted along: messages of others beyond the mark, as far as a badge shows. */
const UNREAD_CAP = 100;

export const unread = (
  userId: Prisma.Sql,
  conversationId: Prisma.Sql,
  readSeq: Prisma.Sql,
) => Prisma.sql`
  (SELECT count(*)::int FROM (SELECT 1 FROM "Message" m WHERE m."conversationId" = ${conversationId} AND m."seq" > ${readSeq}
    AND m."senderId" <> ${userId} AND m."deletedAt" IS NULL LIMIT ${UNREAD_CAP}) few)`;

const person = (alias: Prisma.Sql) =>
  Prisma.sql`json_build_object('id', ${alias}."id", 'name', ${alias}."name", 'role', ${alias}."role", 'avatar', ${alias}."avatar")`;

const conversationFields = Prisma.sql`
  'id', c."id", 'type', c."type", 'status', c."status", 'changeSeq', c."changeSeq", 'createdAt', c."createdAt",
  'lastSeq', c."lastSeq", 'lastMessageAt', c."lastMessageAt",
  'business', (SELECT json_build_object('id', b."id", 'name', b."name") FROM "Business" b WHERE b."id" = c."businessId"),
  'customer', (SELECT ${person(Prisma.sql`u`)} FROM "User" u WHERE u."id" = c."customerId")`;

/** The shared state of conversation `c`. */
export const conversationJson = Prisma.sql`json_build_object(${conversationFields})`;

/** Participants of `c` that pass a condition, in the order of their numbers. */
export const participantsJson = (condition: Prisma.Sql) => Prisma.sql`
  (SELECT coalesce(json_agg(json_build_object('conversationId', p."conversationId", 'userId', p."userId", 'role', p."role",
    'changeSeq', p."changeSeq", 'joinedSeq', p."joinedSeq", 'leftSeq', p."leftSeq", 'deliveredSeq', p."deliveredSeq",
    'readSeq', p."readSeq", 'userSeq', p."userSeq", 'user', ${person(Prisma.sql`u`)}) ORDER BY p."changeSeq"), '[]')
   FROM "Participant" p JOIN "User" u ON u."id" = p."userId" WHERE p."conversationId" = c."id" ${condition})`;

/** Conversation `c` as one viewer lists it. */
export const itemColumns = (userId: string) => Prisma.sql`
  (SELECT json_build_object(${conversationFields},
    'participants', ${participantsJson(Prisma.sql`AND p."leftSeq" IS NULL`)},
    'lastMessage', (SELECT to_json(m) FROM "Message" m WHERE m."conversationId" = c."id" ORDER BY m."seq" DESC LIMIT 1),
    'me', CASE WHEN k."readSeq" IS NULL THEN NULL ELSE json_build_object('conversationId', c."id", 'userSeq', k."userSeq",
      'readSeq', k."readSeq", 'unread', n."unread") END,
    'unread', n."unread")
   FROM (SELECT 1) one
   LEFT JOIN LATERAL (${marksOf(userId, Prisma.sql`c."id"`)}) k ON true
   CROSS JOIN LATERAL (SELECT ${unread(Prisma.sql`${userId}::uuid`, Prisma.sql`c."id"`, Prisma.sql`coalesce(k."readSeq", 0)`)} AS "unread") n)`;

/** The caller's mark in one conversation: as a participant, or the private one of staff. */
function marksOf(userId: string, conversationId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT p."readSeq", p."userSeq" FROM "Participant" p WHERE p."conversationId" = ${conversationId} AND p."userId" = ${userId}::uuid
    UNION ALL
    SELECT r."readSeq", r."userSeq" FROM "ReadMark" r WHERE r."conversationId" = ${conversationId} AND r."userId" = ${userId}::uuid
    LIMIT 1`;
}

/** Memberships of a user that pass a condition on `k`, each with its unread count. */
export const ownMemberships = (userId: string, condition: Prisma.Sql) => Prisma.sql`
  SELECT k."conversationId", k."userSeq", k."readSeq", ${unread(Prisma.sql`${userId}::uuid`, Prisma.sql`k."conversationId"`, Prisma.sql`k."readSeq"`)} AS "unread"
  FROM (
    SELECT p."conversationId", p."userSeq", p."readSeq" FROM "Participant" p WHERE p."userId" = ${userId}::uuid AND p."leftSeq" IS NULL
    UNION ALL
    SELECT r."conversationId", r."userSeq", r."readSeq" FROM "ReadMark" r WHERE r."userId" = ${userId}::uuid
      AND NOT EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = r."conversationId" AND p."userId" = r."userId")
  ) k WHERE true ${condition} ORDER BY k."userSeq"`;
