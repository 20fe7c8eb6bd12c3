import type { Command } from '@protocol/commands';
import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import { newClientId } from './client-id';
import type { Cancel, Clock } from './clock';
import { createHistory } from './history';
import type { Items } from './items';
import type { Marks } from './marks';
import type { Outbox } from './outbox';
import type { OutboxEntry } from './outbox-lane';
import { createStore, stable, stableList } from './store';
import type { Sync } from './sync';
import type { PendingMessage, RestClient, SendOptions, Thread, ThreadSnapshot } from './types';
import { createTypingSignal } from './typing-signal';

/** A closed thread stays loaded for a moment: people go back and forth. */
const LINGER_MS = 30_000;

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
  receipts: [],
};

/** What the outbox holds, as it is shown; the same view while the entry is the same. */
function createPendingView(): (entry: OutboxEntry) => PendingMessage {
  const views = new WeakMap<OutboxEntry, PendingMessage>();
  return (entry) => {
    const { clientId, body, replyTo, createdAt, state, error } = entry;
    const view = views.get(entry) ?? { clientId, body, replyTo, createdAt, state, error };
    views.set(entry, view);
    return view;
  };
}

export function createThread(id: string, deps: ThreadDeps): LiveThread {
  const { rest, items, outbox, sync, marks, clock, random, me } = deps;
  const store = createStore(START);
  const viewOf = createPendingView();
  let openers = 0;
  let cancelUnload: Cancel = () => undefined;
  const history = createHistory({
    id,
    rest,
    clock,
    random,
    changed: render,
    loaded({ head }, item) {
      items.put([item]);
      sync.rewind(id, head);
      if (openers > 0) sync.watch(id);
    },
  });

  /** Not those whose message is already in the list: one leaves as the other comes. */
  function pending(): PendingMessage[] {
    const entries = outbox.entries(id);
    if (entries.length === 0) return [];
    const own = history.window.messages.filter(({ senderId }) => senderId === me()?.id);
    const shown = new Set(own.map(({ clientId }) => clientId));
    return entries.filter(({ clientId }) => !shown.has(clientId)).map(viewOf);
  }
  function render(): void {
    const before = store.getSnapshot();
    const item = items.get(id);
    const next: ThreadSnapshot = {
      loading: history.isLoading,
      error: history.error,
      item,
      ...history.window,
      pending: stableList(before.pending, pending()),
      receipts: item?.receipts ?? START.receipts,
    };
    store.set(stable(before, next));
  }
  function open(): void {
    openers += 1;
    cancelUnload();
    if (!history.isLive) history.load();
    else if (openers === 1) sync.watch(id);
  }
  function close(): void {
    openers -= 1;
    if (openers > 0) return;
    sync.unwatch(id);
    signalTyping(false);
    cancelUnload = clock.after(LINGER_MS, history.unload);
  }
  async function changed(change: Promise<Message>): Promise<Message> {
    const message = await change;
    history.deliver([message]);
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
    deliver: history.deliver,
    render,
    reload() {
      if (history.isLive) history.load();
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
    loadOlder: history.loadOlder,
    read() {
      const last = history.window.messages.at(-1);
      if (last === undefined) return;
      if ((items.get(id)?.me?.readSeq ?? 0) < last.seq) marks.mark('read', id, last.seq);
      items.update(id, (item) => (item.unread === 0 ? item : { ...item, unread: 0 }));
    },
    typing: signalTyping,
  };
}
