import type { PrismaClient } from '../../generated/prisma/client.js';
import { createCache } from '../../platform/cache.js';

export type BusinessRecord = NonNullable<Awaited<ReturnType<BusinessesRepository['findByKey']>>>;
export type BusinessesRepository = ReturnType<typeof createBusinessesRepository>;

const STAFF_CACHE_MS = 5_000;

export function createBusinessesRepository(prisma: PrismaClient) {
  const staff = createCache<string[]>({ max: 10_000, ttl: STAFF_CACHE_MS });

  return {
    findByKey: (widgetKey: string) => prisma.business.findUnique({ where: { widgetKey } }),

    /** Asked on every change of presence, so it may be seconds old. */
    staffOf: async (businessId: string): Promise<readonly string[]> => {
      const cached = staff.get(businessId);
      if (cached) return cached;
      const rows = await prisma.businessMember.findMany({
        where: { businessId },
        select: { userId: true },
      });
      const ids = rows.map(({ userId }) => userId);
      staff.set(businessId, ids);
      return ids;
    },

    team: (businessId: string, take: number) =>
      prisma.businessMember.findMany({
        where: { businessId },
        orderBy: [{ createdAt: 'asc' }, { userId: 'asc' }],
        take,
        select: { user: { select: { id: true, name: true, role: true, avatar: true } } },
      }),

    openConversationOf: async (businessId: string, customerId: string): Promise<string | null> => {
      // Written out, because a partial index is not used for a status that is a parameter.
      const [open] = await prisma.$queryRaw<{ id: string }[]>`
        SELECT c."id" FROM "Conversation" c WHERE c."type" = 'support' AND c."status" <> 'resolved'
          AND c."businessId" = ${businessId}::uuid AND c."customerId" = ${customerId}::uuid`;
      return open?.id ?? null;
    },
  };
}
