import type { PrismaClient } from '../../generated/prisma/client.js';
import { OWN_ISSUER } from './tokens.js';

const MAX_LISTED = 100;

export interface DeviceRecord {
  readonly id: string;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export type DeviceRepository = ReturnType<typeof createDeviceRepository>;

export function createDeviceRepository(prisma: PrismaClient) {
  return {
    /** Takes the place of the user's logins that have ended by themselves. */
    add: async (device: Omit<DeviceRecord, 'createdAt'> & { userId: string }): Promise<void> => {
      const { userId } = device;
      await prisma.$transaction([
        prisma.device.deleteMany({ where: { userId, expiresAt: { lt: new Date() } } }),
        prisma.device.create({ data: device }),
      ]);
    },

    listOf: (userId: string, now: Date): Promise<DeviceRecord[]> =>
      prisma.device.findMany({
        where: { userId, expiresAt: { gt: now } },
        orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
        take: MAX_LISTED,
        select: { id: true, userAgent: true, createdAt: true, expiresAt: true },
      }),

    /** Removes the login and revokes its tokens together. False when the user has no such login. */
    end: async (userId: string, id: string): Promise<boolean> => {
      const ended = await prisma.$queryRaw<unknown[]>`
        WITH gone AS (DELETE FROM "Device" WHERE "id" = ${id}::uuid AND "userId" = ${userId}::uuid RETURNING "id")
        SELECT chat_revoke(${OWN_ISSUER}, 'sid', "id"::text)::text FROM gone`;
      return ended.length > 0;
    },

    /** Removes all logins of the user, and revokes every token issued until now, whoever issued it. */
    endAll: async (userId: string, issuer: string, subject: string): Promise<void> => {
      await prisma.$queryRaw`
        WITH gone AS (DELETE FROM "Device" WHERE "userId" = ${userId}::uuid)
        SELECT chat_revoke(${issuer}, 'subject', ${subject})::text`;
    },
  };
}
