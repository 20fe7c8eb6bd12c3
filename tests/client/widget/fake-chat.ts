import { jest } from '@jest/globals';
import type {
  Chat,
  ConnectionSnapshot,
  InboxItem,
  InboxSnapshot,
  Message,
  PendingMessage,
  Person,
  Status,
  Store,
  Thread,
  ThreadSnapshot,
  Typist,
  UserPresence,
} from '../../../client/sdk';

export interface Cell<T> extends Store<T> {
  set(value: T): void;
}

export function createCell<T>(start: T): Cell<T> {
  let value = start;
  const listeners = new Set<() => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => value,
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
  };
}

export const VISITOR: Person = {
  id: '00000000-0000-4000-8000-00000000000a',
  name: 'Visitor',
  role: 'CUSTOMER',
  avatar: null,
};
export const AGENT: Person = {
  id: '00000000-0000-4000-8000-00000000000b',
  name: 'Maya Lindqvist',
  role: 'AGENT',
  avatar: null,
};
export const CONVERSATION = '00000000-0000-4000-8000-0000000000c1';
export const BUSINESS = '00000000-0000-4000-8000-0000000000b1';

export function message(seq: number, sender: Person, body: string, at = seq): Message {
  return {
    conversationId: CONVERSATION,
    seq,
    changeSeq: seq,
    senderId: sender.id,
    sender,
    clientId: `client-${seq}`,
    kind: 'text',
    body,
    replyToSeq: null,
    createdAt: new Date(Date.UTC(2026, 10, 20, 10, at)).toISOString(),
    editedAt: null,
    deletedAt: null,
  };
}

export function pendingMessage(clientId: string, body: string): PendingMessage {
  const createdAt = new Date(Date.UTC(2026, 10, 20, 11)).toISOString();
  return { clientId, body, replyTo: null, createdAt, state: 'sending', error: null };
}

export function inboxItem(change: Partial<InboxItem> = {}): InboxItem {
  return {
    id: CONVERSATION,
    type: 'support',
    changeSeq: 1,
    status: 'open',
    business: { id: BUSINESS, name: 'Savanna Crafts' },
    customer: VISITOR,
    createdAt: '2026-11-20T10:00:00.000Z',
    lastSeq: 1,
    lastMessageAt: '2026-11-20T10:00:00.000Z',
    lastMessage: null,
    participants: [],
    receipts: [],
    me: null,
    unread: 0,
    ...change,
  };
}

const EMPTY_THREAD: ThreadSnapshot = {
  loading: false,
  error: null,
  item: null,
  messages: [],
  pending: [],
  hasOlder: false,
  receipts: [],
};

export interface FakeThread extends Thread {
  readonly cell: Cell<ThreadSnapshot>;
  /** How many openers have not closed it. */
  readonly openers: { count: number };
  readonly send: jest.MockedFunction<Thread['send']>;
  readonly read: jest.MockedFunction<Thread['read']>;
}

export function createFakeThread(id: string): FakeThread {
  const cell = createCell<ThreadSnapshot>({ ...EMPTY_THREAD, item: inboxItem({ id }) });
  const openers = { count: 0 };
  return {
    id,
    cell,
    openers,
    subscribe: cell.subscribe,
    getSnapshot: cell.getSnapshot,
    open() {
      openers.count += 1;
      return () => {
        openers.count -= 1;
      };
    },
    send: jest.fn<Thread['send']>((body, { clientId = 'made-by-sdk' } = {}) => {
      const snapshot = cell.getSnapshot();
      cell.set({ ...snapshot, pending: [...snapshot.pending, pendingMessage(clientId, body)] });
      return { clientId, sent: new Promise<Message>(() => {}) };
    }),
    retry: jest.fn<Thread['retry']>(),
    discard: jest.fn<Thread['discard']>(),
    edit: () => Promise.reject(new Error('not in this test')),
    remove: () => Promise.reject(new Error('not in this test')),
    loadOlder: jest.fn<Thread['loadOlder']>(async () => {}),
    read: jest.fn<Thread['read']>(),
    typing: jest.fn<Thread['typing']>(),
  };
}

export interface FakeChat extends Chat {
  readonly cells: {
    readonly connection: Cell<ConnectionSnapshot>;
    readonly inbox: Cell<InboxSnapshot>;
    readonly typing: Cell<ReadonlyMap<string, readonly Typist[]>>;
    readonly presence: Cell<ReadonlyMap<string, UserPresence>>;
    readonly availability: Cell<ReadonlyMap<string, Status>>;
  };
  readonly connect: jest.MockedFunction<Chat['connect']>;
  readonly createConversation: jest.MockedFunction<Chat['rest']['createConversation']>;
  thread(id: string): FakeThread;
}

/** A chat whose every state is set by the test. */
export function createFakeChat(): FakeChat {
  const threads = new Map<string, FakeThread>();
  const cells: FakeChat['cells'] = {
    connection: createCell<ConnectionSnapshot>({
      state: 'online',
      transport: 'websocket',
      retryAt: null,
      reason: null,
    }),
    inbox: createCell<InboxSnapshot>({
      items: [],
      loading: false,
      error: null,
      hasMore: false,
      unreadTotal: 0,
    }),
    typing: createCell<ReadonlyMap<string, readonly Typist[]>>(new Map()),
    presence: createCell<ReadonlyMap<string, UserPresence>>(new Map()),
    availability: createCell<ReadonlyMap<string, Status>>(new Map()),
  };
  const createConversation = jest.fn<Chat['rest']['createConversation']>(async () => inboxItem());
  return {
    cells,
    createConversation,
    ...cells,
    connect: jest.fn<Chat['connect']>(),
    destroy: jest.fn<Chat['destroy']>(),
    rest: { createConversation } as unknown as Chat['rest'],
    me: createCell<Person | null>(VISITOR),
    inbox: {
      ...cells.inbox,
      load: jest.fn<Chat['inbox']['load']>(async () => {}),
      loadMore: jest.fn<Chat['inbox']['loadMore']>(async () => {}),
    },
    thread(id) {
      const thread = threads.get(id) ?? createFakeThread(id);
      threads.set(id, thread);
      return thread;
    },
    setStatus: jest.fn<Chat['setStatus']>(),
    on: () => () => {},
  };
}
