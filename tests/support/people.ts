import { randomUUID } from 'node:crypto';
import { createSigner } from 'fast-jwt';
import type { Database } from '../../src/platform/database.js';
import type { InboxItem } from '../../src/protocol/resources/inbox-item.js';
import { api } from './api.js';
import { TEST_SECRET } from './node.js';

/** A token as the host platform issues them. */
export function platformToken(
  claims: Readonly<Record<string, unknown>>,
  secret = TEST_SECRET,
): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const noTimestamp = claims.iat === undefined;
  return createSigner({ key: secret, algorithm: 'HS256', noTimestamp })({ exp, ...claims });
}

export interface Person {
  readonly id: string;
  readonly token: string;
}

export interface Business {
  readonly id: string;
  readonly widgetKey: string;
}

export async function createBusiness(
  { prisma }: Database,
  name = 'Kiln & Thread',
): Promise<Business> {
  const widgetKey = `key_${randomUUID().slice(0, 8)}`;
  const { id } = await prisma.business.create({ data: { name, widgetKey } });
  return { id, widgetKey };
}

/** Somebody whom the service sees for the first time. */
export async function meet(
  url: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Person> {
  const token = platformToken({ sub: randomUUID(), name: 'Somebody', ...claims });
  const { id } = (await api(url, token).get('/api/me')).body as { id: string };
  return { id, token };
}

export const meetAgent = (
  url: string,
  business: Business,
  name = 'Maya Lindqvist',
): Promise<Person> => meet(url, { name, role: 'AGENT', businessId: business.id });

export async function openSupport(
  url: string,
  customer: Person,
  business: Business,
): Promise<InboxItem> {
  const answer = await api(url, customer.token).post('/api/conversations', {
    type: 'support',
    businessId: business.id,
  });
  return answer.body as InboxItem;
}

export async function openDirect(url: string, one: Person, other: Person): Promise<InboxItem> {
  const answer = await api(url, one.token).post('/api/conversations', {
    type: 'direct',
    userId: other.id,
  });
  return answer.body as InboxItem;
}
