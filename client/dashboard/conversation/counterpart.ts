import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Person } from '@protocol/resources/person';

/** Whom the viewer talks with: the customer of a support conversation, the other person of a direct one. */
export function counterpart(item: InboxItem, meId: string): Person | null {
  if (item.customer !== null) return item.customer;
  return item.participants.find(({ userId }) => userId !== meId)?.user ?? null;
}
