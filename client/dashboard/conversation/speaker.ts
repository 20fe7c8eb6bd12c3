import type { InboxItem } from '@protocol/resources/inbox-item';

export type Speaker = 'own' | 'colleague' | 'customer';

/** Who speaks, seen from the viewer; the other person of a direct conversation takes the customer's side. */
export function speakerOf(senderId: string, item: InboxItem, meId: string): Speaker {
  if (senderId === meId) return 'own';
  const isTeam = item.type === 'support' && senderId !== item.customer?.id;
  return isTeam ? 'colleague' : 'customer';
}
