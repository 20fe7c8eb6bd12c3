/** What was written and not sent, per conversation. Survives switching, reloads and a sign-in that ran out. */
export interface Drafts {
  read(conversationId: string): string;
  write(conversationId: string, body: string): void;
  subscribe(listener: () => void): () => void;
}

type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function createDrafts(userId: string, storage: DraftStorage): Drafts {
  const held = new Map<string, string>();
  const listeners = new Set<() => void>();
  const key = (conversationId: string) => `servihub.draft.${userId}.${conversationId}`;

  return {
    read(conversationId) {
      const known = held.get(conversationId);
      if (known !== undefined) return known;
      const stored = storage.getItem(key(conversationId)) ?? '';
      held.set(conversationId, stored);
      return stored;
    },
    write(conversationId, body) {
      held.set(conversationId, body);
      keep(storage, key(conversationId), body);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A full or forbidden storage costs only the reload: the draft stays in memory. */
function keep(storage: DraftStorage, key: string, body: string): void {
  try {
    if (body.trim() === '') storage.removeItem(key);
    else storage.setItem(key, body);
  } catch {
    return;
  }
}
