import { usePresence } from '../react';
import { formatWhen } from '../ui/time';
import { LOCALE, text } from './catalogue';

/** "Online", "Away", or when they were last here; nothing while it is unknown. */
export function PresenceText({ userId }: { userId: string }) {
  const presence = usePresence(userId);
  if (presence === null) return null;
  const { status, lastSeenAt } = presence;
  if (status !== 'offline' || lastSeenAt === null) return text.presence[status];
  return text.presence.lastSeen(formatWhen(lastSeenAt, Date.now(), LOCALE));
}
