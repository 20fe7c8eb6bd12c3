import type { Person } from '@protocol/resources/person';
import type { Status, UserPresence } from '@protocol/resources/presence';
import type { ConnectionSnapshot, Typist } from '../sdk';
import { useChat } from './chat-context';
import { useStore } from './use-store';

const NOBODY: readonly Typist[] = [];

export function useConnection(): ConnectionSnapshot {
  return useStore(useChat().connection);
}

/** The signed-in person, null until the first connection. */
export function useMe(): Person | null {
  return useStore(useChat().me);
}

/** Who types in a conversation now, without oneself. */
export function useTyping(conversationId: string): readonly Typist[] {
  return useStore(useChat().typing).get(conversationId) ?? NOBODY;
}

/** Null until the server told; it tells of the people of opened conversations. */
export function usePresence(userId: string): UserPresence | null {
  return useStore(useChat().presence).get(userId) ?? null;
}

/** Whether somebody of a business is there to answer; null until the server told. */
export function useAvailability(businessId: string): Status | null {
  return useStore(useChat().availability).get(businessId) ?? null;
}
