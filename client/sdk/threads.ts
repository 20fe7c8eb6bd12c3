import type { Message } from '@protocol/resources/message';
import { createThread, type LiveThread, type ThreadDeps } from './thread';
import type { Thread } from './types';

/** One thread per conversation, made when first asked for. */
export interface Threads {
  get(conversationId: string): Thread;
  isOpen(conversationId: string): boolean;
  deliver(conversationId: string, messages: readonly Message[]): void;
  render(conversationId?: string): void;
  /** null: all of them. */
  reload(conversationId: string | null): void;
}

export function createThreads(deps: ThreadDeps): Threads {
  const threads = new Map<string, LiveThread>();

  function get(id: string): LiveThread {
    const thread = threads.get(id) ?? createThread(id, deps);
    threads.set(id, thread);
    return thread;
  }
  const some = (id: string | null | undefined) =>
    [...threads.values()].filter((thread) => (id ?? thread.id) === thread.id);
  return {
    get,
    isOpen: (id) => threads.get(id)?.isOpen === true,
    deliver(id, messages) {
      if (messages.length > 0) threads.get(id)?.deliver(messages);
    },
    render(id) {
      for (const thread of some(id)) thread.render();
    },
    reload(id) {
      for (const thread of some(id)) thread.reload();
    },
  };
}
