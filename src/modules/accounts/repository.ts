import type { PrismaClient } from '../../generated/prisma/client.js';
import type { Claims } from './tokens.js';

const withBusinesses = {
  memberships: {
    include: { business: { select: { id: true, name: true } } },
    orderBy: { createdAt: 'asc' },
  },
} as const;

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

export function createAccountsRepository(prisma: PrismaClient) {
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
      const issuers = subjects.map(({ issuer }) => issuer);
      const externalIds = subjects.map(({ subject }) => subject);
      const rows = await prisma.$queryRaw<(KnownUser & { place: number })[]>`
        SELECT k."place"::int, u."id", u."name", u."email", u."avatar", u."role",
          (SELECT coalesce(json_agg(json_build_object('businessId', m."businessId", 'role', m."role") ORDER BY m."createdAt"), '[]')
           FROM "BusinessMember" m WHERE m."userId" = u."id") AS "memberships"
        FROM unnest(${issuers}::text[], ${externalIds}::text[]) WITH ORDINALITY k ("issuer", "externalId", "place")
        CROSS JOIN LATERAL (SELECT * FROM "User" u WHERE u."issuer" = k."issuer" AND u."externalId" = k."externalId" LIMIT 1) u`;
      const known = new Map(rows.map(({ place, ...user }) => [place, user]));
      return subjects.map((_, index) => known.get(index + 1) ?? null);
    },

    /** First sight of a subject makes the user; later tokens bring the profile up to date. Safe when raced. */
    provision: async ({ issuer, subject, name, email, avatar, role }: Claims): Promise<string> => {
      const [row] = await prisma.$queryRaw<{ id: string }[]>`
        INSERT INTO "User" ("issuer", "externalId", "name", "email", "avatar", "role")
        VALUES (${issuer}, ${subject}, ${name ?? subject.slice(0, 120)}, ${email ?? null}, ${avatar ?? null}, ${role ?? 'CUSTOMER'})
        ON CONFLICT ("issuer", "externalId") DO UPDATE SET
          "name" = coalesce(${name ?? null}, "User"."name"), "email" = coalesce(${email ?? null}, "User"."email"),
          "avatar" = coalesce(${avatar ?? null}, "User"."avatar"), "role" = coalesce(${role ?? null}, "User"."role")
        RETURNING "id"`;
      return (row as { id: string }).id;
    },

    /** Business roles from claims follow the claims: of the business that a token names, of no other. */
    followBusiness: async (userId: string, businessId: string, role: string): Promise<void> => {
      await prisma.$executeRaw`
        INSERT INTO "BusinessMember" ("businessId", "userId", "role")
        SELECT b."id", ${userId}::uuid, ${role} FROM "Business" b WHERE b."id"::text = ${businessId}
        ON CONFLICT ("businessId", "userId") DO UPDATE SET "role" = excluded."role"`;
    },

    leaveBusiness: async (userId: string, businessId: string): Promise<void> => {
      await prisma.$executeRaw`
        DELETE FROM "BusinessMember" WHERE "userId" = ${userId}::uuid AND "businessId"::text = ${businessId}`;
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

    markSeen: async (id: string, lastSeenAt: Date): Promise<void> => {
      await prisma.user.updateMany({ where: { id }, data: { lastSeenAt } });
    },
  };
}
