import type { Status } from '@protocol/resources/presence';
import { useEffect } from 'react';
import { useStore } from '../../react/use-store';
import type {
  Chat,
  ConnectionSnapshot,
  InboxSnapshot,
  Person,
  Store,
  Thread,
  ThreadSnapshot,
  Typist,
} from '../../sdk';

/** What there is before somebody has written: the same shapes, empty, so that no view is drawn twice. */
const still = <T>(value: T): Store<T> => ({ subscribe: () => () => {}, getSnapshot: () => value });

const NO_THREAD = still<ThreadSnapshot>({
  loading: false,
  error: null,
  item: null,
  messages: [],
  pending: [],
  hasOlder: false,
  receipts: [],
});
const NO_INBOX = still<InboxSnapshot>({
  items: [],
  loading: false,
  error: null,
  hasMore: false,
  unreadTotal: 0,
});
const NO_CONNECTION = still<ConnectionSnapshot>({
  state: 'idle',
  transport: null,
  retryAt: null,
  reason: null,
});
const NO_TYPING = still<ReadonlyMap<string, readonly Typist[]>>(new Map());
const NO_AVAILABILITY = still<ReadonlyMap<string, Status>>(new Map());
const NO_ONE = still<Person | null>(null);
const NOBODY: readonly Typist[] = [];

export const useLiveInbox = (chat: Chat | null) => useStore(chat?.inbox ?? NO_INBOX);
export const useLiveConnection = (chat: Chat | null) => useStore(chat?.connection ?? NO_CONNECTION);
export const useLiveMe = (chat: Chat | null) => useStore(chat?.me ?? NO_ONE);

export function useLiveStatus(chat: Chat | null, businessId: string, atFirst: Status): Status {
  return useStore(chat?.availability ?? NO_AVAILABILITY).get(businessId) ?? atFirst;
}

export function useLiveTyping(chat: Chat | null, conversationId: string | null): readonly Typist[] {
  return useStore(chat?.typing ?? NO_TYPING).get(conversationId ?? '') ?? NOBODY;
}

/**
 * The conversation; null and empty while there is none. It is open while the panel is, so that what comes to a closed
 * panel counts as unread.
 */
export function useLiveThread(
  chat: Chat | null,
  conversationId: string | null,
  isShown: boolean,
): { thread: Thread | null; snapshot: ThreadSnapshot } {
  const thread = chat && conversationId !== null ? chat.thread(conversationId) : null;
  useEffect(() => (isShown ? thread?.open() : undefined), [thread, isShown]);
  return { thread, snapshot: useStore<ThreadSnapshot>(thread ?? NO_THREAD) };
}
