import type { PrismaClient } from '../../generated/prisma/client.js';

export interface RevocationRecord {
  readonly issuer: string;
  readonly kind: 'all' | 'subject' | 'sid' | 'jti';
  readonly value: string;
  readonly notBefore: Date;
  readonly changedAt: Date;
}

export type RevocationRepository = ReturnType<typeof createRevocationRepository>;

export function createRevocationRepository(prisma: PrismaClient) {
  return {
    since: (changedAt: Date) =>
      prisma.$queryRaw<RevocationRecord[]>`
        SELECT "issuer", "kind", "value", "notBefore", "changedAt" FROM "Revocation" WHERE "changedAt" > ${changedAt}::timestamptz`,

    /** What concerns tokens that have expired by now. */
    forget: async (ownIssuer: string, ownBefore: Date, otherBefore: Date): Promise<void> => {
      await prisma.$executeRaw`
        DELETE FROM "Revocation" WHERE greatest("notBefore", "changedAt")
          < CASE WHEN "issuer" = ${ownIssuer} THEN ${ownBefore}::timestamptz ELSE ${otherBefore}::timestamptz END`;
    },
  };
}
