import type {
  Chat,
  ChatError,
  PendingMessage,
  RestClient,
  Store,
  TokenProvider,
  WidgetConfig,
} from '../../sdk';
import type { Visitor } from './visitor';

export interface PanelDeps {
  readonly key: string;
  readonly rest: Pick<RestClient, 'widgetConfig' | 'widgetSession'>;
  readonly visitor: Visitor;
  /** Null when the host page has signed in nobody. */
  readonly platformToken: () => Promise<string | null>;
  readonly createChat: (token: TokenProvider) => Chat;
  readonly newId: () => string;
  readonly now: () => string;
}

export interface PanelSnapshot {
  readonly view: 'home' | 'thread';
  /** Whether there is a conversation of this person; null until that is found out. */
  readonly isKnown: boolean | null;
  readonly config: WidgetConfig | null;
  readonly configFailed: boolean;
  readonly chat: Chat | null;
  /** The conversation of the thread view; null while there is none yet. */
  readonly conversationId: string | null;
  /** Written before there is a conversation to send them to, in order. */
  readonly drafts: readonly PendingMessage[];
}

export interface Panel extends Store<PanelSnapshot> {
  /** Config; and for somebody who is known, their session and conversation. */
  start(): Promise<void>;
  /** Writes from home: to the open conversation, or to the first one there will be. */
  ask(body: string): Promise<void>;
  /** Tries again to send what was written before there was a conversation. */
  retryDrafts(): Promise<void>;
  discardDraft(clientId: string): void;
  /** A resolved conversation refused a message because another one is open: it belongs there. */
  moveTo(conversationId: string, message: PendingMessage): void;
  showHome(): void;
  showThread(conversationId: string): void;
}

interface Identity {
  readonly chat: Chat;
  readonly conversationId: string | null;
}

const START: PanelSnapshot = {
  view: 'home',
  isKnown: null,
  config: null,
  configFailed: false,
  chat: null,
  conversationId: null,
  drafts: [],
};

/** What the panel shows and does, without a line of markup. */
export function createPanel(deps: PanelDeps): Panel {
  let snapshot = START;
  let platform: Promise<string | null> | null = null;
  let identity: Promise<Identity> | null = null;
  let beginning: Promise<void> | null = null;
  const listeners = new Set<() => void>();

  function set(change: Partial<PanelSnapshot>): void {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  }

  async function loadConfig(): Promise<WidgetConfig | null> {
    set({ configFailed: false });
    try {
      const config = snapshot.config ?? (await deps.rest.widgetConfig(deps.key));
      set({ config });
      return config;
    } catch {
      set({ configFailed: true });
      return null;
    }
  }

  async function start(): Promise<void> {
    const asked = platformToken();
    const config = await loadConfig();
    const isVisitor = (await asked) === null;
    if (config === null) return;
    if (isVisitor && deps.visitor.key() === null) return set({ isKnown: false });
    const { chat, conversationId } = await identify();
    if (conversationId !== null) resume(conversationId);
    await chat.inbox.load({ businessId: config.businessId });
    const open = chat.inbox.getSnapshot().items.find((item) => item.status === 'open');
    if (open) resume(open.id);
  }

  /** What is being written at home keeps its place. */
  function resume(conversationId: string): void {
    if (snapshot.conversationId === null && snapshot.drafts.length === 0)
      showThread(conversationId);
  }

  /** Once, however many ask; after a failure the next one tries again. */
  function identify(): Promise<Identity> {
    identity ??= signInAs().catch((error: unknown) => {
      identity = null;
      throw error;
    });
    return identity;
  }

  async function signInAs(): Promise<Identity> {
    const token = await platformToken();
    if (token !== null) return { chat: signIn(platformProvider(token)), conversationId: null };
    const input = { widgetKey: deps.key, visitorKey: deps.visitor.makeKey() };
    const session = await deps.rest.widgetSession(input);
    const renew = async () => (await deps.rest.widgetSession(input)).token;
    return {
      chat: signIn(withFirst(session.token, renew)),
      conversationId: session.conversationId,
    };
  }

  function platformToken(): Promise<string | null> {
    platform ??= deps.platformToken();
    return platform;
  }

  function platformProvider(token: string): TokenProvider {
    return withFirst(token, async () => (await deps.platformToken()) ?? '');
  }

  function signIn(token: TokenProvider): Chat {
    const chat = deps.createChat(token);
    chat.connect();
    set({ chat });
    return chat;
  }

  async function begin(): Promise<void> {
    set({ drafts: snapshot.drafts.map((draft) => ({ ...draft, state: 'sending', error: null })) });
    try {
      const config = await loadConfig();
      if (config === null) throw new Error('No configuration');
      const { chat } = await identify();
      const { businessId } = config;
      const { id } = await chat.rest.createConversation({ type: 'support', businessId });
      deliver(chat, id);
      void chat.inbox.load({ businessId });
    } catch (error) {
      fail(error as ChatError);
    }
  }

  function deliver(chat: Chat, conversationId: string): void {
    const thread = chat.thread(conversationId);
    for (const { body, clientId } of snapshot.drafts) quietly(thread.send(body, { clientId }).sent);
    set({ conversationId, isKnown: true, drafts: [] });
  }

  function fail(error: ChatError): void {
    set({ drafts: snapshot.drafts.map((draft) => ({ ...draft, state: 'failed', error })) });
  }

  function retryDrafts(): Promise<void> {
    beginning ??= begin().finally(() => {
      beginning = null;
    });
    return beginning;
  }

  function ask(body: string): Promise<void> {
    const draft = { clientId: deps.newId(), body, replyTo: null, createdAt: deps.now() } as const;
    set({
      view: 'thread',
      drafts: [...snapshot.drafts, { ...draft, state: 'sending', error: null }],
    });
    return retryDrafts();
  }

  function showThread(conversationId: string): void {
    set({ view: 'thread', conversationId, isKnown: true });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => snapshot,
    start,
    ask,
    retryDrafts,
    discardDraft(clientId) {
      const drafts = snapshot.drafts.filter((draft) => draft.clientId !== clientId);
      const isEmpty = drafts.length === 0 && snapshot.conversationId === null;
      set({ drafts, ...(isEmpty ? { view: 'home' } : {}) });
    },
    moveTo(conversationId, { body, clientId }) {
      if (snapshot.conversationId !== null)
        snapshot.chat?.thread(snapshot.conversationId).discard(clientId);
      showThread(conversationId);
      const sent = snapshot.chat?.thread(conversationId).send(body, { clientId }).sent;
      if (sent) quietly(sent);
    },
    showHome: () => set({ view: 'home' }),
    showThread,
  };
}

/** A token in hand is used first; afterwards the provider is asked. */
function withFirst(token: string, renew: TokenProvider): TokenProvider {
  let first: string | null = token;
  return async () => {
    const ready = first;
    first = null;
    return ready ?? renew();
  };
}

/** The failure shows beside the message itself. */
function quietly(sent: Promise<unknown>): void {
  sent.catch(() => {});
}
