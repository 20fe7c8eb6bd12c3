import { Prisma } from '../../generated/prisma/client.js';
import { batched } from '../../platform/batching.js';
import type { Database } from '../../platform/database.js';
import type { Membership } from '../../protocol/resources/membership.js';
import type { Caller } from '../../realtime/caller.js';
import type { Seat } from '../../realtime/rights.js';
import type { Access } from './access.js';
import type { Mark, Marked } from './marks.js';
import type { ItemRow } from './present.js';
import { conversationJson, itemColumns, ownMemberships, slotOf, unread } from './sql.js';

export interface ListQuery {
  readonly limit: number;
  readonly businessId: string | undefined;
  readonly status: string | undefined;
  /** The last item of the page before. */
  readonly before: { readonly at: string; readonly id: string } | null;
}

export type ConversationsRepository = ReturnType<typeof createConversationsRepository>;

/** An agent takes part as long as they are staff. */
const ACCESS = `
  SELECT k."place"::int, c."id" AS "conversationId", c."type", c."businessId", c."customerId",
    CASE WHEN c."directKey" IS NULL THEN '{}' ELSE string_to_array(c."directKey", ':') END AS "members",
    (p."userId" IS NOT NULL AND (p."role" <> 'agent' OR s."isStaff")) AS "isParticipant", s."isStaff"
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY k ("userId", "conversationId", "place")
  CROSS JOIN LATERAL (SELECT * FROM "Conversation" o WHERE o."id" = k."conversationId" LIMIT 1) c
  CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM "BusinessMember" m
    WHERE m."businessId" = c."businessId" AND m."userId" = k."userId") AS "isStaff") s
  LEFT JOIN LATERAL (SELECT * FROM "Participant" o WHERE o."conversationId" = c."id" AND o."userId" = k."userId"
    AND o."leftSeq" IS NULL LIMIT 1) p ON true`;

/** After a cut everybody opens their conversation at once; two statements under way leave the pool to those who send. */
const ACCESSES = { atOnce: 2, most: 100 };

export function createConversationsRepository({
  prisma,
  query,
}: Pick<Database, 'prisma' | 'query'>) {
  const accessOf = batched({
    ...ACCESSES,
    answer: async (seats: readonly Seat[]): Promise<(Access | null)[]> => {
      const rows = await query<Access & { place: number }>({
        name: 'access',
        text: ACCESS,
        values: [
          seats.map(({ userId }) => userId),
          seats.map(({ conversationId }) => conversationId),
        ],
      });
      const found = new Map(rows.map(({ place, ...access }) => [place, access]));
      return seats.map((_, index) => found.get(index + 1) ?? null);
    },
  });

  return {
    /** Those of the pairs whose user may see the conversation: the same rule as `access`, for many. */
    visible: (seats: readonly Seat[]): Promise<Seat[]> =>
      prisma.$queryRaw<Seat[]>`
        SELECT s."userId", s."conversationId"
        FROM unnest(${seats.map(({ userId }) => userId)}::uuid[], ${seats.map(({ conversationId }) => conversationId)}::uuid[])
          AS s("userId", "conversationId")
        CROSS JOIN LATERAL (SELECT 1 FROM "Conversation" c WHERE c."id" = s."conversationId" AND (
          EXISTS (SELECT 1 FROM "BusinessMember" m WHERE m."businessId" = c."businessId" AND m."userId" = s."userId")
          OR EXISTS (SELECT 1 FROM "Participant" p WHERE p."conversationId" = c."id" AND p."userId" = s."userId"
            AND p."leftSeq" IS NULL AND p."role" <> 'agent')) LIMIT 1) seen`,

    access: (userId: string, conversationId: string): Promise<Access | null> =>
      accessOf({ userId, conversationId }),

    openSupport: async (businessId: string, customerId: string) => {
      const rows = await prisma.$queryRaw<{ id: string; created: boolean }[]>`
        SELECT * FROM chat_open_support(${businessId}::uuid, ${customerId}::uuid)`;
      return rows[0] as { id: string; created: boolean };
    },

    openDirect: async (userId: string, otherId: string) => {
      const rows = await prisma.$queryRaw<{ id: string; created: boolean }[]>`
        SELECT * FROM chat_open_direct(${userId}::uuid, ${otherId}::uuid)`;
      return rows[0] as { id: string; created: boolean };
    },

    setStatus: async (conversationId: string, status: string) => {
      const rows = await prisma.$queryRaw<{ outcome: string; openId: string | null }[]>`
        SELECT * FROM chat_set_status(${conversationId}::uuid, ${status})`;
      return rows[0] as { outcome: string; openId: string | null };
    },

    /** One statement for all of them; no pair of conversation and user twice. */
    raiseMarks: (marks: readonly Mark[]) => {
      const column = <T>(of: (mark: Mark) => T) => marks.map(of);
      const ids = column(({ access }) => access.conversationId);
      const users = column(({ userId }) => userId);
      return prisma.$queryRaw<Marked[]>`
        SELECT k."outcome", k."head", k."deliveredSeq", k."readSeq", k."userSeq", CASE WHEN k."userSeq" IS NOT NULL THEN
          ${unread(Prisma.sql`i.uid`, Prisma.sql`i.cid`, Prisma.sql`k."readSeq"`)} END AS "unread"
        FROM chat_marks(${ids}::uuid[], ${users}::uuid[], ${column(({ delivered }) => delivered)}::int[],
          ${column(({ read }) => read)}::int[], ${column(({ access }) => access.isStaff)}::boolean[])
          WITH ORDINALITY AS k ("outcome", "head", "deliveredSeq", "readSeq", "userSeq", ord)
        JOIN unnest(${ids}::uuid[], ${users}::uuid[]) WITH ORDINALITY AS i (cid, uid, ord) ON i.ord = k.ord
        ORDER BY k.ord`;
    },

    membership: async (userId: string, conversationId: string): Promise<Membership | null> => {
      const rows = await prisma.$queryRaw<Membership[]>(
        ownMemberships(userId, Prisma.sql`AND k."conversationId" = ${conversationId}::uuid`),
      );
      return rows[0] ?? null;
    },

    item: async (userId: string, conversationId: string): Promise<ItemRow | null> => {
      const rows = await prisma.$queryRaw<{ item: ItemRow }[]>`
        SELECT ${itemColumns(userId)} AS "item" FROM "Conversation" c WHERE c."id" = ${conversationId}::uuid`;
      return rows[0]?.item ?? null;
    },

    /** Two reads joined, so that each follows its own index: those of the caller's businesses, and the caller's own. */
    list: async ({ userId, staffOf }: Caller, query: ListQuery): Promise<ItemRow[]> => {
      const filter = pageFilter(query);
      const order = Prisma.sql`ORDER BY c."lastMessageSlot" DESC, c."lastMessageAt" DESC, c."id" DESC LIMIT ${query.limit}`;
      const own = Prisma.sql`SELECT c.* FROM "Conversation" c JOIN "Participant" p ON p."conversationId" = c."id"
        AND p."userId" = ${userId}::uuid AND p."leftSeq" IS NULL WHERE p."role" <> 'agent' ${filter}`;
      const business = staffOf.map(
        (id) =>
          Prisma.sql`(SELECT c.* FROM "Conversation" c WHERE c."businessId" = ${id}::uuid ${filter} ${order})`,
      );
      const rows = await prisma.$queryRaw<{ item: ItemRow }[]>`
        SELECT ${itemColumns(userId)} AS "item" FROM (
          SELECT c.* FROM (${Prisma.join([own, ...business], ' UNION ')}) c ${order}
        ) c ORDER BY c."lastMessageAt" DESC, c."id" DESC`;
      return rows.map(({ item }) => item);
    },

    conversation: async (conversationId: string) => {
      const rows = await prisma.$queryRaw<{ item: ItemRow }[]>`
        SELECT ${conversationJson} AS "item" FROM "Conversation" c WHERE c."id" = ${conversationId}::uuid`;
      return rows[0]?.item ?? null;
    },

    userExists: async (id: string): Promise<boolean> =>
      (await prisma.user.count({ where: { id } })) > 0,
    businessExists: async (id: string): Promise<boolean> =>
      (await prisma.business.count({ where: { id } })) > 0,
  };
}

function pageFilter({ businessId, status, before }: ListQuery): Prisma.Sql {
  const parts = [
    businessId && Prisma.sql`AND c."businessId" = ${businessId}::uuid`,
    status && Prisma.sql`AND c."status" = ${status}`,
    before &&
      Prisma.sql`AND c."lastMessageSlot" <= ${slotOf(new Date(before.at))}
        AND (c."lastMessageAt", c."id") < (${before.at}::timestamptz, ${before.id}::uuid)`,
  ].filter((part): part is Prisma.Sql => typeof part === 'object' && part !== null);
  return parts.length > 0 ? Prisma.join(parts, ' ') : Prisma.empty;
}
