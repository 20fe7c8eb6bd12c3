import type { PrismaClient } from '../generated/prisma/client.js';

/** Leases of nodes, by the database's clock. */
export function createNodesRepository(prisma: PrismaClient) {
  return {
    /**
     * Counts live nodes that do not share a bus with this one. Only those that were renewed after it started: what a
     * node leaves behind that died is not a node.
     */
    renew: async (lease: { id: string; sharesBus: boolean; ttlMs: number }): Promise<number> => {
      const [row] = await prisma.$queryRaw<{ apart: number }[]>`
        WITH mine AS (
          INSERT INTO "Node" ("id", "sharesBus", "expiresAt")
            VALUES (${lease.id}::uuid, ${lease.sharesBus}, clock_timestamp() + ${lease.ttlMs}::int * interval '1 millisecond')
            ON CONFLICT ("id") DO UPDATE SET "renewedAt" = clock_timestamp(), "expiresAt" = excluded."expiresAt"
            RETURNING "startedAt"),
        gone AS (
          DELETE FROM "Node" WHERE "id" IN (
            SELECT n."id" FROM "Node" n WHERE n."expiresAt" < clock_timestamp() AND n."id" <> ${lease.id}::uuid FOR UPDATE SKIP LOCKED))
        SELECT count(*)::int AS "apart" FROM "Node" n, mine WHERE n."id" <> ${lease.id}::uuid
          AND n."expiresAt" > clock_timestamp() AND n."renewedAt" > mine."startedAt" AND NOT (n."sharesBus" AND ${lease.sharesBus})`;
      return row?.apart ?? 0;
    },

    release: async (id: string): Promise<void> => {
      await prisma.node.deleteMany({ where: { id } });
    },
  };
}
