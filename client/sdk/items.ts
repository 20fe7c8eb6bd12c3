import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Clock } from './clock';
import { merged } from './item';
import { persist } from './persist';
import type { RestClient } from './types';

export interface ItemsDeps {
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly random: () => number;
  /** Items were read: their `lastSeq` is a place to go on from. */
  readonly read: (items: readonly InboxItem[]) => void;
}

/** Every conversation this client knows, as its viewer lists it: what the inbox and the threads show. */
export interface Items {
  get(id: string): InboxItem | null;
  all(): Iterable<InboxItem>;
  put(items: readonly InboxItem[]): void;
  update(id: string, change: (item: InboxItem) => InboxItem): void;
  remove(id: string): void;
  /** Reads one by REST until that works or is refused; one read at a time, and another when asked meanwhile. */
  refresh(id: string): Promise<void>;
  /** The same for one that is not known yet; a read under way is good enough. */
  fetch(id: string): Promise<void>;
  subscribe(listener: () => void): () => void;
}

export function createItems({ rest, clock, random, read }: ItemsDeps): Items {
  const items = new Map<string, InboxItem>();
  const listeners = new Set<() => void>();
  const reading = new Map<string, { done: Promise<void>; again: boolean }>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };

  function put(list: readonly InboxItem[]): void {
    for (const item of list) items.set(item.id, merged(items.get(item.id), item));
    read(list);
    tell();
  }
  async function readOne(id: string): Promise<void> {
    put([await persist(() => rest.conversation(id), { clock, random })]);
  }
  function refresh(id: string): Promise<void> {
    const underWay = reading.get(id);
    if (underWay !== undefined) {
      underWay.again = true;
      return underWay.done;
    }
    const done = readOne(id).finally(() => {
      const again = reading.get(id)?.again === true;
      reading.delete(id);
      if (again && items.has(id)) refresh(id).catch(() => undefined);
    });
    reading.set(id, { done, again: false });
    return done;
  }
  return {
    put,
    refresh,
    fetch: (id) => reading.get(id)?.done ?? refresh(id),
    get: (id) => items.get(id) ?? null,
    all: () => items.values(),
    update(id, change) {
      const before = items.get(id);
      if (before === undefined) return;
      const after = change(before);
      if (after === before) return;
      items.set(id, after);
      tell();
    },
    remove(id) {
      if (items.delete(id)) tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
