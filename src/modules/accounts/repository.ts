import type { Database } from '../../platform/database.js';
import type { Claims } from './tokens.js';

const withBusinesses = {
  memberships: {
    include: { business: { select: { id: true, name: true } } },
    orderBy: { createdAt: 'asc' },
  },
} as const;

type Profile = Pick<Claims, 'issuer' | 'subject' | 'name' | 'email' | 'avatar' | 'role'>;
/** What a caller is made of. */
export interface KnownUser {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly avatar: string | null;
  readonly role: string;
  readonly memberships: readonly { readonly businessId: string; readonly role: string }[];
}

export type UserRecord = NonNullable<Awaited<ReturnType<AccountsRepository['findUser']>>>;
export type AccountsRepository = ReturnType<typeof createAccountsRepository>;

/** Nearly every handshake asks this, and Prisma's raw query would cost more than all else that is done for it. */
const FIND_KNOWN = `
  SELECT k."place"::int, u."id", u."name", u."email", u."avatar", u."role",
    (SELECT coalesce(json_agg(json_build_object('businessId', m."businessId", 'role', m."role") ORDER BY m."createdAt"), '[]')
     FROM "BusinessMember" m WHERE m."userId" = u."id") AS "memberships"
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY k ("issuer", "externalId", "place")
  CROSS JOIN LATERAL (SELECT * FROM "User" u WHERE u."issuer" = k."issuer" AND u."externalId" = k."externalId" LIMIT 1) u`;

export function createAccountsRepository({ prisma, query }: Pick<Database, 'prisma' | 'query'>) {
  const findUser = (id: string) =>
    prisma.user.findUnique({ where: { id }, include: withBusinesses });

  return {
    findUser,

    findBySubject: (issuer: string, externalId: string) =>
      prisma.user.findUnique({
        where: { issuer_externalId: { issuer, externalId } },
        include: withBusinesses,
      }),

    /** One for each subject, null for those whom nobody has met. */
    findKnown: async (
      subjects: readonly Pick<Claims, 'issuer' | 'subject'>[],
    ): Promise<(KnownUser | null)[]> => {
      const rows = await query<KnownUser & { place: number }>({
        name: 'find-known',
        text: FIND_KNOWN,
        values: [subjects.map(({ issuer }) => issuer), subjects.map(({ subject }) => subject)],
      });
      const known = new Map(rows.map(({ place, ...user }) => [place, user]));
      return subjects.map((_, index) => known.get(index + 1) ?? null);
    },

    /** First sight of a subject makes the user; later tokens bring the profile up to date. Safe when raced. */
    provision: async ({ issuer, subject, name, email, avatar, role }: Profile): Promise<string> => {
      const [row] = await prisma.$queryRaw<{ id: string }[]>`
        INSERT INTO "User" ("issuer", "externalId", "name", "email", "avatar", "role")
        VALUES (${issuer}, ${subject}, ${name ?? subject.slice(0, 120)}, ${email ?? null}, ${avatar ?? null}, ${role ?? 'CUSTOMER'})
        ON CONFLICT ("issuer", "externalId") DO UPDATE SET
          "name" = coalesce(${name ?? null}, "User"."name"), "email" = coalesce(${email ?? null}, "User"."email"),
          "avatar" = coalesce(${avatar ?? null}, "User"."avatar"), "role" = coalesce(${role ?? null}, "User"."role")
        RETURNING "id"`;
      return (row as { id: string }).id;
    },

    /** Business roles from claims follow the claims: of the business that a token names, of no other. True when it changed. */
    followBusiness: async (userId: string, businessId: string, role: string): Promise<boolean> => {
      const changed = await prisma.$executeRaw`
        INSERT INTO "BusinessMember" AS m ("businessId", "userId", "role")
        SELECT b."id", ${userId}::uuid, ${role} FROM "Business" b WHERE b."id"::text = ${businessId}
        ON CONFLICT ("businessId", "userId") DO UPDATE SET "role" = excluded."role" WHERE m."role" <> excluded."role"`;
      return changed > 0;
    },

    leaveBusiness: async (userId: string, businessId: string): Promise<boolean> => {
      const changed = await prisma.$executeRaw`
        DELETE FROM "BusinessMember" WHERE "userId" = ${userId}::uuid AND "businessId"::text = ${businessId}`;
      return changed > 0;
    },

    /** The businesses in which each of these people is staff; who is gone is missing. */
    businessesOf: async (userIds: readonly string[]): Promise<Map<string, string[]>> => {
      const rows = await prisma.$queryRaw<{ id: string; businesses: string[] }[]>`
        SELECT u."id", ARRAY(SELECT m."businessId"::text FROM "BusinessMember" m WHERE m."userId" = u."id") AS "businesses"
        FROM unnest(${[...userIds]}::uuid[]) AS i("id")
        CROSS JOIN LATERAL (SELECT "id" FROM "User" WHERE "User"."id" = i."id" LIMIT 1) u`;
      return new Map(rows.map(({ id, businesses }) => [id, businesses]));
    },

    findAccount: (email: string) =>
      prisma.account.findUnique({
        where: { email },
        include: { user: { include: withBusinesses } },
      }),

    lastSeen: async (userIds: readonly string[]): Promise<Map<string, string>> => {
      if (userIds.length === 0) return new Map();
      const rows = await prisma.user.findMany({
        where: { id: { in: [...userIds] }, lastSeenAt: { not: null } },
        select: { id: true, lastSeenAt: true },
      });
      return new Map(rows.map(({ id, lastSeenAt }) => [id, (lastSeenAt as Date).toISOString()]));
    },

    /** Times never fall. Locks users in the order of their ids, as everybody does. */
    markSeen: async (seen: ReadonlyMap<string, Date>): Promise<void> => {
      await prisma.$executeRaw`
        UPDATE "User" u SET "lastSeenAt" = s."at"
        FROM unnest(${[...seen.keys()]}::uuid[], ${[...seen.values()]}::timestamptz[]) AS s ("id", "at"),
          (SELECT l."id" FROM "User" l WHERE l."id" = ANY (${[...seen.keys()]}::uuid[]) ORDER BY l."id" FOR NO KEY UPDATE) held
        WHERE u."id" = s."id" AND held."id" = u."id" AND (u."lastSeenAt" IS NULL OR u."lastSeenAt" < s."at")`;
    },
  };
}
