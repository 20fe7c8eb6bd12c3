import type { Frame } from '@protocol/frames';
import type { ConversationStatus } from '@protocol/resources/conversation';
import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Membership } from '@protocol/resources/membership';
import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import type { Status, UserPresence } from '@protocol/resources/presence';
import type { Receipt } from '@protocol/resources/receipt';
import type { Clock } from './clock';
import type { ChatError } from './errors';
import type { OutboxStorage } from './outbox-storage';
import type { Transport, TransportName } from './transports/transport';
import type { WebSocketConstructor } from './transports/websocket';

/** Asked once, and again whenever the server wants a fresh token. */
export type TokenProvider = () => Promise<string>;

export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ChatOptions {
  /** Origin of the chat service, such as `https://chat.example.com`; `''` is the origin of the page. */
  readonly url: string;
  readonly token: string | TokenProvider;
  /** The ladder, best first. Default `['websocket', 'sse', 'poll']`; a `Transport` of your own may stand in it. */
  readonly transports?: readonly (TransportName | Transport)[] | undefined;
  /** Remembers which transport works here. Default `sessionStorage` where it exists. */
  readonly storage?: KeyValueStorage | undefined;
  /** Keeps unsent messages. Default: memory. */
  readonly outbox?: OutboxStorage | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Node 20 has no WebSocket: pass the one of `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly clock?: Clock | undefined;
  /** In [0, 1), for jitter. */
  readonly random?: (() => number) | undefined;
}

/** Fits React's `useSyncExternalStore`: snapshots are immutable and keep their identity while nothing changed. */
export interface Store<T> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): T;
}

export interface ConnectionSnapshot {
  readonly state: 'idle' | 'connecting' | 'online' | 'waiting' | 'closed';
  readonly transport: TransportName | null;
  /** When the next attempt starts, in milliseconds since 1970. */
  readonly retryAt: number | null;
  /** Why the last connection ended, such as `restart` or `network`. */
  readonly reason: string | null;
}

export interface Typist {
  readonly userId: string;
  readonly name: string;
}

export interface ChatEvents {
  /** A new message of somebody else, once and in order, also when it was missed while the connection was away. */
  message: Message;
  connection: ConnectionSnapshot;
  /** What no call could be told, such as a server that keeps asking for a resync. */
  error: ChatError;
  /** Everything that comes in, before it is applied. */
  frame: Frame;
}

export interface InboxFilter {
  readonly businessId?: string | undefined;
  readonly status?: ConversationStatus | undefined;
}

export interface InboxSnapshot {
  /** Newest first. */
  readonly items: readonly InboxItem[];
  readonly loading: boolean;
  readonly error: ChatError | null;
  readonly hasMore: boolean;
  /** Of the loaded items. */
  readonly unreadTotal: number;
}

export interface Inbox extends Store<InboxSnapshot> {
  /** Loads the first page and keeps it in step; another filter starts a new list. Failures are in the snapshot. */
  load(filter?: InboxFilter): Promise<void>;
  loadMore(): Promise<void>;
}

export interface PendingMessage {
  readonly clientId: string;
  readonly body: string;
  readonly replyTo: number | null;
  readonly createdAt: string;
  readonly state: 'sending' | 'failed';
  readonly error: ChatError | null;
}

export interface ThreadSnapshot {
  readonly loading: boolean;
  readonly error: ChatError | null;
  readonly item: InboxItem | null;
  /** Ascending by `seq`. */
  readonly messages: readonly Message[];
  /** Own messages that are not acknowledged yet, in the order of sending. */
  readonly pending: readonly PendingMessage[];
  readonly hasOlder: boolean;
  readonly receipts: readonly Receipt[];
}

export interface SendOptions {
  readonly clientId?: string | undefined;
  readonly replyTo?: number | undefined;
  /** Refuses the send (`stale_reply`) when somebody else wrote after this number. */
  readonly ifLastSeq?: number | undefined;
}

export interface SentMessage {
  readonly clientId: string;
  /** Rejects with a ChatError when the message failed for good; it then stays in `pending` as `failed`. */
  readonly sent: Promise<Message>;
}

export interface Thread extends Store<ThreadSnapshot> {
  readonly id: string;
  /** Loads and keeps in step until the last of the returned functions is called. */
  open(): () => void;
  send(body: string, options?: SendOptions): SentMessage;
  /** Sends a failed message again under the same `clientId`. */
  retry(clientId: string): void;
  discard(clientId: string): void;
  edit(seq: number, body: string): Promise<Message>;
  remove(seq: number): Promise<Message>;
  loadOlder(): Promise<void>;
  /** Marks everything loaded as read. */
  read(): void;
  /** Call with true on each keystroke; it stops by itself some seconds after the last. */
  typing(active: boolean): void;
}

export interface Chat {
  connect(): void;
  /** Final: leaves no timer, listener or socket. */
  destroy(): void;
  readonly rest: RestClient;
  readonly connection: Store<ConnectionSnapshot>;
  readonly me: Store<Person | null>;
  readonly inbox: Inbox;
  /** The same object for the same id. */
  thread(conversationId: string): Thread;
  /** By user id. */
  readonly presence: Store<ReadonlyMap<string, UserPresence>>;
  /** By business id. */
  readonly availability: Store<ReadonlyMap<string, Status>>;
  /** By conversation id; those who type now, without oneself. */
  readonly typing: Store<ReadonlyMap<string, readonly Typist[]>>;
  /** Tells the others whether this person is there. Repeated on every new connection. */
  setStatus(status: Status): void;
  on<E extends keyof ChatEvents>(event: E, listener: (value: ChatEvents[E]) => void): () => void;
}

export interface Account extends Person {
  readonly email: string;
  readonly businesses: readonly { id: string; name: string; role: string }[];
}

export interface LoginSession {
  readonly token: string;
  readonly expiresAt: string;
  readonly user: Account;
}

export interface WidgetConfig {
  readonly businessId: string;
  readonly name: string;
  readonly brandColor: string;
  readonly greeting: string;
  readonly team: readonly Person[];
  readonly status: Status;
}

export interface WidgetSession {
  readonly token: string;
  readonly expiresAt: string;
  readonly user: Person;
  readonly businessId: string;
  readonly conversationId: string | null;
}

export interface InboxPage {
  readonly items: readonly InboxItem[];
  readonly nextCursor: string | null;
}

export interface MessagePage {
  /** Ascending by `seq`. */
  readonly items: readonly Message[];
  readonly nextCursor: number | null;
  /** The newest number of the conversation at the time of reading. */
  readonly head: number;
}

export interface MessageQuery {
  readonly limit?: number | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly changedAfter?: number | undefined;
}

export interface MessageInput {
  readonly body: string;
  readonly clientId?: string | undefined;
  readonly replyTo?: number | undefined;
  readonly ifLastSeq?: number | undefined;
}

export type ConversationInput =
  | { readonly type: 'support'; readonly businessId: string }
  | { readonly type: 'direct'; readonly userId: string };

/** One method per route. Every failure is a ChatError. */
export interface RestClient {
  login(email: string, password: string): Promise<LoginSession>;
  /** Ends the login of the token, with its connections. */
  logout(): Promise<void>;
  me(): Promise<Account>;
  ticket(): Promise<{ ticket: string; expiresAt: string }>;
  conversations(
    query?: InboxFilter & { limit?: number | undefined; cursor?: string | undefined },
  ): Promise<InboxPage>;
  createConversation(input: ConversationInput): Promise<InboxItem>;
  conversation(id: string): Promise<InboxItem>;
  setConversationStatus(id: string, status: ConversationStatus): Promise<InboxItem>;
  messages(conversationId: string, query?: MessageQuery): Promise<MessagePage>;
  send(conversationId: string, input: MessageInput): Promise<Message>;
  edit(conversationId: string, seq: number, body: string): Promise<Message>;
  remove(conversationId: string, seq: number): Promise<Message>;
  read(conversationId: string, seq: number): Promise<Membership>;
  widgetConfig(key: string): Promise<WidgetConfig>;
  widgetSession(input: { widgetKey: string; visitorKey: string }): Promise<WidgetSession>;
  /** Resolves when a connection would be accepted; rejects with what the handshake would have met. */
  connectionCheck(): Promise<void>;
}
