import { useState } from 'react';
import type { ThreadSnapshot } from '../../sdk';
import { firstUnread } from './timeline';

/** Where the reader had stopped when the thread was opened; the line stays there although all is read meanwhile. */
export function useUnreadFrom(snapshot: ThreadSnapshot, meId: string): number | null {
  const [from, setFrom] = useState<number | null | undefined>(undefined);
  if (from !== undefined) return from;
  const { item, loading, messages } = snapshot;
  if (item === null || loading) return null;
  const isUnread = item.unread > 0;
  setFrom(isUnread ? firstUnread(messages, item.me?.readSeq ?? 0, meId) : null);
  return null;
}
