import type { InboxItem } from '@protocol/resources/inbox-item';
import { useState } from 'react';
import { useChat } from '../../react';
import type { ChatError, InboxSnapshot } from '../../sdk';
import { OPEN } from './open-filter';
import { useResolved } from './use-resolved';

export type Segment = 'all' | 'unread' | 'resolved';

export interface InboxView {
  readonly items: readonly InboxItem[];
  readonly loading: boolean;
  readonly error: ChatError | null;
  readonly hasMore: boolean;
  load(): Promise<void>;
  loadMore(): Promise<void>;
}

/** Which conversations the column shows. */
export function useSegment(inbox: InboxSnapshot, openId: string | null) {
  const chat = useChat();
  const [segment, setSegment] = useState<Segment>('all');
  const resolved = useResolved(segment === 'resolved');
  const open = inbox.items.filter(({ status }) => status === 'open');
  const unread = open.filter((item) => item.unread > 0);

  const live: Omit<InboxView, 'items'> = {
    ...inbox,
    load: () => chat.inbox.load(OPEN),
    loadMore: chat.inbox.loadMore,
  };
  const views: Record<Segment, InboxView> = {
    all: { ...live, items: open },
    // The one being read stays until another is opened, so that the list does not move under the reader.
    unread: { ...live, items: open.filter(({ id, unread: n }) => n > 0 || id === openId) },
    resolved,
  };
  return { segment, setSegment, view: views[segment], unreadCount: unread.length, open };
}
