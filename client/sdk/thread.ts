import type { Command } from '@protocol/commands';
import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import type { Receipt } from '@protocol/resources/receipt';
import { newClientId } from './client-id';
import type { Cancel, Clock } from './clock';
import { toChatError } from './errors';
import type { Items } from './items';
import type { Marks } from './marks';
import type { Outbox } from './outbox';
import type { OutboxEntry } from './outbox-lane';
import { persist } from './persist';
import { createStore, stable, stableList } from './store';
import type { Sync } from './sync';
import type { PendingMessage, RestClient, SendOptions, Thread, ThreadSnapshot } from './types';
import { createTypingSignal } from './typing-signal';
import { EMPTY, newestPage, upsert, type Window, withOlderPage } from './window';

/** A closed thread stays loaded for a moment: people go back and forth. */
const LINGER_MS = 30_000;
const PAGE = 50;
const NO_RECEIPTS: readonly Receipt[] = [];

export interface ThreadDeps {
  readonly rest: RestClient;
  readonly items: Items;
  readonly outbox: Outbox;
  readonly sync: Sync;
  readonly marks: Marks;
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: (command: Command) => boolean;
  readonly me: () => Person | null;
}

export interface LiveThread extends Thread {
  readonly isOpen: boolean;
  deliver(messages: readonly Message[]): void;
  render(): void;
  /** Drops what is loaded and reads it again. */
  reload(): void;
}

const START: ThreadSnapshot = {
  loading: false,
  error: null,
  item: null,
  messages: [],
  pending: [],
  hasOlder: false,
  receipts: NO_RECEIPTS,
};

export function createThread(id: string, deps: ThreadDeps): LiveThread {
  const { rest, items, outbox, sync, marks, clock, random, me } = deps;
  const store = createStore(START);
  let openers = 0;
  let isLive = false;
  let window: Window = EMPTY;
  let loading = 0;
  let error: ThreadSnapshot['error'] = null;
  /** What came during a read, which may be older than it. */
  let aside: Message[] = [];
  /** The newest load: an answer to an earlier one is of what was dropped. */
  let turn = 0;
  let cancelUnload: Cancel = () => undefined;
  const views = new WeakMap<OutboxEntry, PendingMessage>();

  function viewOf(entry: OutboxEntry): PendingMessage {
    const { clientId, body, replyTo, createdAt, state, error: failure } = entry;
    const view = views.get(entry) ?? { clientId, body, replyTo, createdAt, state, error: failure };
    views.set(entry, view);
    return view;
  }
  /** Not those whose message is already in the list: one leaves as the other comes. */
  function pending(): PendingMessage[] {
    const entries = outbox.entries(id);
    if (entries.length === 0) return [];
    const own = window.messages.filter(({ senderId }) => senderId === me()?.id);
    const shown = new Set(own.map(({ clientId }) => clientId));
    return entries.filter(({ clientId }) => !shown.has(clientId)).map(viewOf);
  }
  function render(): void {
    const before = store.getSnapshot();
    const item = items.get(id);
    const next: ThreadSnapshot = {
      loading: loading > 0,
      error,
      item,
      messages: window.messages,
      pending: stableList(before.pending, pending()),
      hasOlder: window.hasOlder,
      receipts: item?.receipts ?? NO_RECEIPTS,
    };
    store.set(stable(before, next));
  }

  /** Reads beside the stream; what the stream brings meanwhile is laid over it. */
  async function beside<T>(read: () => Promise<T>, place: (result: T) => void): Promise<void> {
    const mine = turn;
    const isMine = () => turn === mine && isLive;
    const failed = (cause: unknown) => {
      error = toChatError(cause);
      render();
    };
    loading += 1;
    error = null;
    render();
    try {
      const result = await persist(read, { clock, random, wanted: isMine, failed });
      if (!isMine()) return;
      error = null;
      place(result);
      window = upsert(window, aside);
    } catch (cause) {
      if (isMine()) failed(cause);
    } finally {
      loading -= 1;
      if (loading === 0) aside = [];
      render();
    }
  }
  function load(): void {
    turn += 1;
    aside = [];
    const readBoth = () => Promise.all([rest.messages(id, { limit: PAGE }), rest.conversation(id)]);
    void beside(readBoth, ([page, item]) => {
      window = newestPage(page);
      items.put([item]);
      sync.rewind(id, page.head);
      sync.watch(id);
    });
  }
  function unload(): void {
    turn += 1;
    isLive = false;
    window = EMPTY;
    render();
  }
  function close(): void {
    openers -= 1;
    if (openers > 0) return;
    sync.unwatch(id);
    signalTyping(false);
    cancelUnload = clock.after(LINGER_MS, unload);
  }
  function open(): void {
    openers += 1;
    cancelUnload();
    if (isLive && openers === 1) sync.watch(id);
    if (isLive) return;
    isLive = true;
    load();
  }
  function deliver(messages: readonly Message[]): void {
    if (!isLive) return;
    if (loading > 0) aside.push(...messages);
    window = upsert(window, messages);
    render();
  }
  async function changed(change: Promise<Message>): Promise<Message> {
    const message = await change;
    deliver([message]);
    return message;
  }
  const signalTyping = createTypingSignal(
    (active) => void deps.send({ type: 'typing', conversationId: id, active }),
    clock,
  );

  return {
    id,
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    get isOpen() {
      return openers > 0;
    },
    deliver,
    render,
    reload() {
      if (isLive) load();
    },
    open() {
      let isClosed = false;
      open();
      return () => {
        if (!isClosed) close();
        isClosed = true;
      };
    },
    send(body: string, options: SendOptions = {}) {
      const clientId = options.clientId ?? newClientId();
      signalTyping(false);
      const sent = outbox.send({
        clientId,
        conversationId: id,
        body,
        replyTo: options.replyTo ?? null,
        ifLastSeq: options.ifLastSeq ?? null,
        createdAt: new Date(clock.now()).toISOString(),
      });
      // Who ignores the promise sees the failure in `pending`; it must not count as unhandled.
      sent.catch(() => undefined);
      return { clientId, sent };
    },
    retry: (clientId) => outbox.retry(id, clientId),
    discard: (clientId) => outbox.discard(id, clientId),
    edit: (seq, body) => changed(rest.edit(id, seq, body)),
    remove: (seq) => changed(rest.remove(id, seq)),
    async loadOlder() {
      const first = window.messages[0];
      if (!window.hasOlder || first === undefined || loading > 0) return;
      const read = () => rest.messages(id, { before: first.seq, limit: PAGE });
      await beside(read, (page) => {
        window = withOlderPage(window, page);
      });
    },
    read() {
      const last = window.messages.at(-1);
      if (last === undefined) return;
      if ((items.get(id)?.me?.readSeq ?? 0) < last.seq) marks.mark('read', id, last.seq);
      items.update(id, (item) => (item.unread === 0 ? item : { ...item, unread: 0 }));
    },
    typing: signalTyping,
  };
}
