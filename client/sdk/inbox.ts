import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Clock } from './clock';
import { type ChatError, toChatError } from './errors';
import type { Items } from './items';
import { persist } from './persist';
import { createStore, stable, stableList } from './store';
import type { Inbox, InboxFilter, InboxSnapshot, RestClient } from './types';

export interface InboxDeps {
  readonly rest: RestClient;
  readonly items: Items;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface LiveInbox extends Inbox {
  /** Something new happened in it, so it belongs at the top of the list. */
  list(conversationId: string): void;
  /** Reads the first page again, when it was loaded before; `whole` when nothing of the list is certain. */
  reload(whole?: boolean): void;
}

const EMPTY: InboxSnapshot = {
  items: [],
  loading: false,
  error: null,
  hasMore: false,
  unreadTotal: 0,
};

const newestFirst = (a: InboxItem, b: InboxItem) =>
  b.lastMessageAt.localeCompare(a.lastMessageAt) || a.id.localeCompare(b.id);

function matches({ business, status }: InboxItem, filter: InboxFilter): boolean {
  const isBusiness = filter.businessId === undefined || business?.id === filter.businessId;
  return isBusiness && (filter.status === undefined || filter.status === status);
}

/** The list of conversations: pages by REST, then kept in step and in order by the stream. */
export function createInbox({ rest, items, clock, random }: InboxDeps): LiveInbox {
  const store = createStore(EMPTY);
  const listed = new Set<string>();
  let filter: InboxFilter = {};
  let wasLoaded = false;
  let cursor: string | null = null;
  /** The load under way: an answer to an earlier one is of another list. */
  let turn = 0;
  let isUncertain = false;

  function show(change: Partial<InboxSnapshot> = {}): void {
    const before = store.getSnapshot();
    const shown = [...items.all()].filter((item) => listed.has(item.id) && matches(item, filter));
    const next = stableList(before.items, shown.sort(newestFirst));
    const unreadTotal = next.reduce((sum, { unread }) => sum + unread, 0);
    store.set(stable(before, { ...before, ...change, items: next, unreadTotal }));
  }

  async function readPage(from: string | null, failed: (error: ChatError) => void): Promise<void> {
    turn += 1;
    const mine = turn;
    const isMine = () => turn === mine;
    show({ loading: true, error: null });
    const read = () =>
      rest.conversations({ ...filter, limit: 50, ...(from === null ? {} : { cursor: from }) });
    const page = await persist(read, {
      clock,
      random,
      wanted: isMine,
      failed: (error) => isMine() && failed(error),
    });
    if (!isMine()) return;
    cursor = page.nextCursor;
    if (isUncertain) listed.clear();
    isUncertain = false;
    for (const { id } of page.items) listed.add(id);
    items.put(page.items);
    show({ loading: false, error: null, hasMore: cursor !== null });
  }
  async function visibly(from: string | null): Promise<void> {
    try {
      await readPage(from, (error) => show({ error }));
    } catch (cause) {
      show({ loading: false, error: toChatError(cause) });
    }
  }

  items.subscribe(() => show());
  return {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    list(id) {
      if (!wasLoaded || listed.has(id)) return;
      listed.add(id);
      show();
    },
    load(next = {}) {
      const isOther = next.businessId !== filter.businessId || next.status !== filter.status;
      if (isOther) listed.clear();
      filter = next;
      wasLoaded = true;
      return visibly(null);
    },
    async loadMore() {
      if (cursor !== null && !store.getSnapshot().loading) await visibly(cursor);
    },
    reload(whole = false) {
      isUncertain ||= whole;
      if (wasLoaded) void visibly(null);
    },
  };
}
