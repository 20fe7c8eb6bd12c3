import { jest } from '@jest/globals';
import type {
  Chat,
  ChatError,
  ChatEvents,
  ConnectionSnapshot,
  InboxItem,
  InboxSnapshot,
  Message,
  PendingMessage,
  Person,
  RestClient,
  Store,
  Thread,
  ThreadSnapshot,
  Typist,
  UserPresence,
} from '../../../client/sdk';

interface Cell<T> extends Store<T> {
  set(next: T): void;
  change(part: Partial<T>): void;
}

function cell<T>(initial: T): Cell<T> {
  const listeners = new Set<() => void>();
  let current = initial;
  const set = (next: T) => {
    current = next;
    for (const listener of listeners) listener();
  };
  return {
    getSnapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set,
    change: (part) => set({ ...current, ...part }),
  };
}

export const EMPTY_THREAD: ThreadSnapshot = {
  loading: false,
  error: null,
  item: null,
  messages: [],
  pending: [],
  hasOlder: false,
  receipts: [],
};

export interface FakeThread extends Thread {
  readonly state: Cell<ThreadSnapshot>;
}

/** Keeps what is sent as pending until the test says how it ended. */
function createFakeThread(id: string, initial: ThreadSnapshot): FakeThread {
  const state = cell(initial);
  let sent = 0;
  const drop = (clientId: string) =>
    state.getSnapshot().pending.filter((item) => item.clientId !== clientId);
  const refused = async () => {
    throw new Error('not arranged by the test');
  };
  return {
    id,
    state,
    subscribe: state.subscribe,
    getSnapshot: state.getSnapshot,
    open: () => () => undefined,
    send: jest.fn<Thread['send']>((body) => {
      sent += 1;
      const clientId = `pending-${sent}`;
      const made: PendingMessage = {
        clientId,
        body,
        replyTo: null,
        createdAt: '2026-11-20T10:00:00.000Z',
        state: 'sending',
        error: null,
      };
      state.change({ pending: [...state.getSnapshot().pending, made] });
      return { clientId, sent: new Promise(() => undefined) };
    }),
    retry: jest.fn<Thread['retry']>((clientId) =>
      state.change({
        pending: state
          .getSnapshot()
          .pending.map((item) =>
            item.clientId === clientId ? { ...item, state: 'sending', error: null } : item,
          ),
      }),
    ),
    discard: jest.fn<Thread['discard']>((clientId) => state.change({ pending: drop(clientId) })),
    edit: jest.fn<Thread['edit']>(refused),
    remove: jest.fn<Thread['remove']>(refused),
    loadOlder: jest.fn<Thread['loadOlder']>(async () => undefined),
    read: jest.fn<Thread['read']>(),
    typing: jest.fn<Thread['typing']>(),
  };
}

export interface Seed {
  readonly items?: readonly InboxItem[];
  readonly threads?: Readonly<Record<string, Partial<ThreadSnapshot>>>;
}

/** A chat without a server: the test plays the server's part. */
export function createFakeChat(seed: Seed = {}) {
  const items = seed.items ?? [];
  const listeners = new Map<string, Set<(value: never) => void>>();
  const connection = cell<ConnectionSnapshot>({
    state: 'online',
    transport: 'websocket',
    retryAt: null,
    reason: null,
  });
  const inbox = cell<InboxSnapshot>({
    items,
    loading: false,
    error: null,
    hasMore: false,
    unreadTotal: total(items),
  });
  const typing = cell<ReadonlyMap<string, readonly Typist[]>>(new Map());
  const presence = cell<ReadonlyMap<string, UserPresence>>(new Map());
  const threads = new Map<string, FakeThread>();
  const rest = {
    conversations: jest.fn<RestClient['conversations']>(async () => ({
      items: [],
      nextCursor: null,
    })),
    setConversationStatus: jest.fn<RestClient['setConversationStatus']>(),
  };

  function thread(id: string): FakeThread {
    const item = items.find((one) => one.id === id) ?? null;
    const known =
      threads.get(id) ?? createFakeThread(id, { ...EMPTY_THREAD, item, ...seed.threads?.[id] });
    threads.set(id, known);
    return known;
  }
  function putItem(item: InboxItem): void {
    const others = inbox.getSnapshot().items.filter(({ id }) => id !== item.id);
    const next = [item, ...others];
    inbox.change({ items: next, unreadTotal: total(next) });
  }

  const chat: Chat = {
    connect: jest.fn(),
    destroy: jest.fn(),
    rest: rest as unknown as RestClient,
    connection,
    me: cell<Person | null>(null),
    inbox: {
      subscribe: inbox.subscribe,
      getSnapshot: inbox.getSnapshot,
      load: jest.fn(async () => undefined),
      loadMore: jest.fn(async () => undefined),
    },
    thread,
    presence,
    availability: cell(new Map()),
    typing,
    setStatus: jest.fn(),
    on<E extends keyof ChatEvents>(event: E, listener: (value: ChatEvents[E]) => void) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(listener));
      return () => void known.delete(listener);
    },
  };

  return {
    chat,
    rest,
    connection,
    inbox,
    typing,
    presence,
    thread,
    putItem,
    emit<E extends keyof ChatEvents>(event: E, value: ChatEvents[E]) {
      for (const listener of listeners.get(event) ?? []) listener(value as never);
    },
    /** A message comes in, as the SDK shows it: in its thread and at the top of the inbox. */
    arrive(message: Message, unread = 1) {
      const { state } = thread(message.conversationId);
      state.change({ messages: [...state.getSnapshot().messages, message] });
      const item = inbox.getSnapshot().items.find(({ id }) => id === message.conversationId);
      if (item !== undefined) {
        putItem({ ...item, lastMessage: message, lastMessageAt: message.createdAt, unread });
      }
    },
    acknowledge(id: string, stored: Message) {
      const { state } = thread(id);
      const { messages, pending } = state.getSnapshot();
      state.set({
        ...state.getSnapshot(),
        messages: [...messages, stored],
        pending: pending.filter(({ clientId }) => clientId !== stored.clientId),
      });
    },
    fail(id: string, clientId: string, error: ChatError) {
      const { state } = thread(id);
      state.change({
        pending: state
          .getSnapshot()
          .pending.map((item) =>
            item.clientId === clientId ? { ...item, state: 'failed', error } : item,
          ),
      });
    },
  };
}

export type FakeChat = ReturnType<typeof createFakeChat>;

function total(items: readonly InboxItem[]): number {
  return items.reduce((sum, { unread }) => sum + unread, 0);
}
