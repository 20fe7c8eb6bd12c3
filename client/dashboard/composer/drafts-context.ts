import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { Drafts } from './drafts';

export const DraftsContext = createContext<Drafts | null>(null);

function useDrafts(): Drafts {
  const drafts = useContext(DraftsContext);
  if (drafts === null) throw new Error('No drafts above this component');
  return drafts;
}

export function useDraft(conversationId: string): readonly [string, (body: string) => void] {
  const drafts = useDrafts();
  const body = useSyncExternalStore(drafts.subscribe, () => drafts.read(conversationId));
  const write = useCallback(
    (next: string) => drafts.write(conversationId, next),
    [drafts, conversationId],
  );
  return [body, write];
}
