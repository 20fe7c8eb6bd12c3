import type { PrismaClient } from './generated/prisma/client.js';
import { hashPassword, OWN_ISSUER } from './modules/accounts/index.js';

export const DEMO_PASSWORD = 'savanna-demo';
export const DEMO_WIDGET_KEY = 'savanna';

const BUSINESS = {
  name: 'Savanna Crafts',
  widgetKey: DEMO_WIDGET_KEY,
  brandColor: '#a64a20',
  greeting: 'Hello, what can we help with?',
  allowedOrigins: [],
};

export const DEMO_LOGINS = [
  { email: 'agent1@savanna.test', name: 'Amina Otieno', role: 'AGENT', staffAs: 'owner' },
  { email: 'agent2@savanna.test', name: 'Joseph Mwangi', role: 'AGENT', staffAs: 'agent' },
  { email: 'customer@savanna.test', name: 'Wanjiru Kamau', role: 'CUSTOMER', staffAs: null },
] as const;

/** A business to try things out with. May be run again, and by several nodes at once: what is there stays. */
export async function seedDemo(prisma: PrismaClient): Promise<void> {
  const { widgetKey } = BUSINESS;
  await prisma.business.createMany({ data: [BUSINESS], skipDuplicates: true });
  const { id: businessId } = await prisma.business.findUniqueOrThrow({ where: { widgetKey } });
  for (const login of DEMO_LOGINS) await seedLogin(prisma, businessId, login);
}

async function seedLogin(
  prisma: PrismaClient,
  businessId: string,
  { email, name, role, staffAs }: (typeof DEMO_LOGINS)[number],
): Promise<void> {
  const key = { issuer: OWN_ISSUER, externalId: email };
  await prisma.user.createMany({ data: [{ ...key, name, email, role }], skipDuplicates: true });
  const { id: userId, account } = await prisma.user.findUniqueOrThrow({
    where: { issuer_externalId: key },
    include: { account: true },
  });
  if (!account) {
    const passwordHash = await hashPassword(DEMO_PASSWORD);
    await prisma.account.createMany({
      data: [{ userId, email, passwordHash }],
      skipDuplicates: true,
    });
  }
  if (staffAs) {
    await prisma.businessMember.createMany({
      data: [{ businessId, userId, role: staffAs }],
      skipDuplicates: true,
    });
  }
}
