import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Chat, ChatError, InboxSnapshot, Store } from '../../sdk';

type ResolvedSnapshot = Omit<InboxSnapshot, 'unreadTotal'>;

export interface ResolvedList extends Store<ResolvedSnapshot> {
  /** The first page anew; what was there stays until the answer comes. */
  load(): Promise<void>;
  loadMore(): Promise<void>;
}

const EMPTY: ResolvedSnapshot = { items: [], loading: true, error: null, hasMore: false };

/** Resolved conversations, read when looked at: the live inbox stays with what is open. */
export function createResolvedList({ rest }: Pick<Chat, 'rest'>): ResolvedList {
  const listeners = new Set<() => void>();
  let snapshot = EMPTY;
  let cursor: string | null = null;
  let latest = 0;

  const set = (change: Partial<ResolvedSnapshot>) => {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  };
  async function page(from: string | null, before: readonly InboxItem[]): Promise<void> {
    latest += 1;
    const asked = latest;
    set({ loading: true, error: null });
    try {
      const { items, nextCursor } = await rest.conversations({
        status: 'resolved',
        ...(from === null ? {} : { cursor: from }),
      });
      if (asked !== latest) return;
      cursor = nextCursor;
      set({ items: [...before, ...items], loading: false, hasMore: nextCursor !== null });
    } catch (error) {
      if (asked === latest) set({ loading: false, error: error as ChatError });
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    load: () => page(null, []),
    async loadMore() {
      if (cursor !== null && !snapshot.loading) await page(cursor, snapshot.items);
    },
  };
}
