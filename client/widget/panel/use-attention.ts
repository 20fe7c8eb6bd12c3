import { useEffect, useSyncExternalStore } from 'react';
import { useStore } from '../../react/use-store';
import type { Chat, Store } from '../../sdk';

/** Whether the visitor can see the panel: open on its page, and the page in front. */
export function useAttention(shown: Store<boolean>): boolean {
  const isInFront = useSyncExternalStore(subscribe, isVisible, isVisible);
  return useStore(shown) && isInFront;
}

/** Lets the agents see whether the visitor is there. */
export function useOwnStatus(chat: Chat | null, hasAttention: boolean): void {
  useEffect(() => chat?.setStatus(hasAttention ? 'online' : 'away'), [chat, hasAttention]);
}

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

function isVisible(): boolean {
  return document.visibilityState === 'visible';
}
