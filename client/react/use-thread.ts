import { useEffect } from 'react';
import type { Thread, ThreadSnapshot } from '../sdk';
import { useChat } from './chat-context';
import { useStore } from './use-store';

export interface OpenThread extends ThreadSnapshot {
  /** To send, page, mark as read and so on. */
  readonly thread: Thread;
}

/** A conversation, open for as long as the component is mounted. */
export function useThread(conversationId: string): OpenThread {
  const thread = useChat().thread(conversationId);
  useEffect(() => thread.open(), [thread]);
  return { ...useStore(thread), thread };
}
