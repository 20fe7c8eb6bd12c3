import type { Frame } from '@protocol/frames';
import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import type { Status } from '@protocol/resources/presence';
import { createChanges } from './changes';
import { stoppable, systemClock } from './clock';
import { createEmitter } from './emitter';
import { ChatError, errorOfFrame } from './errors';
import { createHttp } from './http';
import { createInbox } from './inbox';
import { markedUpTo, withLastMessage, withMembership, withReceipt } from './item';
import { createItems } from './items';
import { createLadder, sessionStorageIfAny } from './ladder';
import { createMarks } from './marks';
import { Outbox } from './outbox';
import type { LaneDeps } from './outbox-lane';
import { memoryOutbox } from './outbox-storage';
import { createPresence } from './presence';
import { RealtimeClient } from './realtime-client';
import { restOver } from './rest';
import { createStore } from './store';
import type { SyncDeps } from './sync';
import { createThreads } from './threads';
import { createTokens } from './tokens';
import { createTransports } from './transports';
import type { Chat, ChatEvents, ChatOptions } from './types';

const originOf = (url: string) =>
  (url === '' ? (globalThis.location?.origin ?? '') : url).replace(/\/+$/, '');

/** What an acknowledged message looks like until its own frame comes, which wins over the number 0. */
function guess(me: Person | null): LaneDeps['acknowledged'] {
  return ({ body, replyTo }, { clientId, conversationId, seq, createdAt }) => {
    if (me === null) throw new ChatError({ code: 'internal', message: 'Acknowledged to nobody' });
    const place = { conversationId, seq, changeSeq: 0, clientId, createdAt };
    const state = { kind: 'text', editedAt: null, deletedAt: null } as const;
    return { ...place, ...state, senderId: me.id, sender: me, body, replyToSeq: replyTo };
  };
}

/** The chat of one user: a connection, what it brings, and what can be done. */
export function createChat(options: ChatOptions): Chat {
  const clock = stoppable(options.clock ?? systemClock);
  const random = options.random ?? Math.random;
  const fetch = options.fetch ?? globalThis.fetch?.bind(globalThis);
  const url = originOf(options.url);
  const tokens = createTokens(options.token);
  const http = createHttp({ url, fetch, tokens, clock });
  const rest = restOver(http);
  const { on, emit, clear } = createEmitter<ChatEvents>();
  const me = createStore<Person | null>(null);
  const myId = () => me.getSnapshot()?.id ?? null;
  const presence = createPresence(clock, myId);
  let status: Status | null = null;
  let isDestroyed = false;

  const tell = {
    message: (message: Message) => emit('message', message),
    error: (error: ChatError) => emit('error', error),
  };
  const changes: SyncDeps['events'] = {
    delivered: (...args) => applied.delivered(...args),
    unknown: (id) => applied.unknown(id),
    reload: (id) => applied.reload(id),
    lost: (...args) => applied.lost(...args),
    error: tell.error,
  };
  const transports = createTransports(options.transports ?? ['websocket', 'sse', 'poll'], {
    fetch,
    WebSocket: options.WebSocket ?? globalThis.WebSocket,
  });
  const client = new RealtimeClient({
    url,
    tokens,
    clock,
    random,
    changes,
    ladder: createLadder(transports, options.storage ?? sessionStorageIfAny()),
    check: rest.connectionCheck,
    readMessages: rest.messages,
    outbox: () => outbox,
    events: { ready, more, frame },
  });
  const { sync } = client;
  const send = client.send.bind(client);
  const items = createItems({
    rest,
    clock,
    random,
    read: (list) => {
      for (const { id, lastSeq } of list) sync.track(id, lastSeq);
    },
  });
  const inbox = createInbox({ rest, items, clock, random });
  const marks = createMarks(send, clock, (kind, id) => markedUpTo(items.get(id), kind, myId()));
  const outbox: Outbox = new Outbox({
    clock,
    random,
    ask: client.requests.ask,
    post: rest.send,
    acknowledged: (record, ack) => guess(me.getSnapshot())(record, ack),
    storage: options.outbox ?? memoryOutbox(),
    events: { changed: (id) => threads.render(id), sent, error: tell.error },
  });
  const threads = createThreads({
    rest,
    items,
    outbox,
    sync,
    marks,
    clock,
    random,
    send,
    me: me.getSnapshot,
  });
  const applied = createChanges({
    items,
    inbox,
    threads,
    marks,
    outbox,
    myId,
    stoppedTyping: presence.stopped,
    untrack: sync.untrack,
    emit: tell,
  });

  function sent(message: Message): void {
    threads.deliver(message.conversationId, [message]);
    items.update(message.conversationId, (item) => withLastMessage(item, message));
    inbox.list(message.conversationId);
  }
  function more(): void {
    inbox.reload();
    sync.everything();
  }
  function ready(_frame: Frame, complete: boolean): void {
    if (!complete) more();
    if (status !== null) send({ type: 'status', status });
    marks.online();
  }
  function frame(incoming: Frame): void {
    emit('frame', incoming);
    if (incoming.type === 'ready') me.set(incoming.user);
    else if (incoming.type === 'status' || incoming.type === 'typing') presence.frame(incoming);
    else if (incoming.type === 'error' && incoming.id === undefined) {
      tell.error(errorOfFrame(incoming));
    } else if (incoming.type === 'receipt') {
      const { type, ...receipt } = incoming;
      items.update(receipt.conversationId, (item) => withReceipt(item, receipt));
    } else if (incoming.type === 'membership') {
      const { type, ...membership } = incoming;
      if (items.get(membership.conversationId) === null) changes.unknown(membership.conversationId);
      items.update(membership.conversationId, (item) => withMembership(item, membership));
    }
  }

  items.subscribe(() => threads.render());
  client.snapshot.subscribe(() => emit('connection', client.snapshot.getSnapshot()));
  return {
    rest,
    me,
    inbox,
    presence: presence.presence,
    availability: presence.availability,
    typing: presence.typing,
    connection: client.snapshot,
    thread: threads.get,
    on,
    connect() {
      if (!isDestroyed) client.connect();
    },
    setStatus(next) {
      status = next;
      send({ type: 'status', status });
    },
    destroy() {
      isDestroyed = true;
      client.close();
      http.close();
      clock.stop();
      clear();
    },
  };
}
