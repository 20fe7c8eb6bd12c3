import { useEffect, useSyncExternalStore } from 'react';
import type { Chat } from '../../sdk';

/** Whether the page is the one that the visitor looks at. */
export function useIsInFront(): boolean {
  return useSyncExternalStore(subscribe, isVisible, isVisible);
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
