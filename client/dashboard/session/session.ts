import type { LoginSession } from '../../sdk';

export type SessionState =
  | { readonly kind: 'signed-out'; readonly expired: boolean }
  | { readonly kind: 'signed-in'; readonly session: LoginSession };

/** Who is signed in, the same in every tab of the browser. */
export interface SessionStore {
  subscribe(listener: () => void): () => void;
  getSnapshot(): SessionState;
  begin(session: LoginSession): void;
  end(how: 'signed-out' | 'expired'): void;
}

const KEY = 'servihub.session';
const SIGNED_OUT: SessionState = { kind: 'signed-out', expired: false };

export function createSessionStore(page: Window): SessionStore {
  const listeners = new Set<() => void>();
  let state = restore(page.localStorage);

  const set = (next: SessionState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  page.addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) set(restore(page.localStorage));
  });

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => state,
    begin(session) {
      page.localStorage.setItem(KEY, JSON.stringify(session));
      set({ kind: 'signed-in', session });
    },
    end(how) {
      page.localStorage.removeItem(KEY);
      set({ kind: 'signed-out', expired: how === 'expired' });
    },
  };
}

function restore(storage: Storage): SessionState {
  const session = parse(storage.getItem(KEY));
  if (session === null) return SIGNED_OUT;
  const expired = Date.parse(session.expiresAt) <= Date.now();
  return expired ? { kind: 'signed-out', expired } : { kind: 'signed-in', session };
}

/** Storage can hold anything; what is not a session counts as none. */
function parse(stored: string | null): LoginSession | null {
  if (stored === null) return null;
  try {
    const value: Partial<LoginSession> | null = JSON.parse(stored);
    return value?.token && value.expiresAt && value.user ? (value as LoginSession) : null;
  } catch {
    return null;
  }
}
