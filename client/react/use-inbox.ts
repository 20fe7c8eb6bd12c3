import { useEffect } from 'react';
import type { InboxFilter, InboxSnapshot } from '../sdk';
import { useChat } from './chat-context';
import { useStore } from './use-store';

/** The conversations that pass the filter, loaded now and kept in step. */
export function useInbox({ businessId, status }: InboxFilter = {}): InboxSnapshot {
  const { inbox } = useChat();
  useEffect(() => void inbox.load({ businessId, status }), [inbox, businessId, status]);
  return useStore(inbox);
}
