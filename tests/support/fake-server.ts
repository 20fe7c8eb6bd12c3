import type { Command } from '@protocol/commands';
import type { ErrorCode } from '@protocol/errors';
import type { Frame } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { InboxItem } from '@protocol/resources/inbox-item';
import type { Membership } from '@protocol/resources/membership';
import type { Message } from '@protocol/resources/message';
import type { Person } from '@protocol/resources/person';
import type {
  Link,
  LinkEvents,
  LinkTarget,
  Transport,
  TransportName,
} from '../../client/sdk/transports/transport';
import { createFakeClock, type FakeClock, microtasks } from './clock';

/**
 * A model of the service behind a wire that is flushed by hand. It keeps the protocol's promises and nothing more:
 * catch-ups and answers come in order, live frames of others (`lossy`) may be dropped, doubled and moved by a test.
 */
export interface Queued {
  readonly frame: Frame;
  readonly lossy: boolean;
}

interface Room {
  readonly id: string;
  lastSeq: number;
  changedAt: number;
  readonly messages: Map<number, Message>;
  me: Membership;
}

export const ME: Person = { id: 'u-me', name: 'Me', role: 'AGENT', avatar: null };
export const OTHER: Person = { id: 'u-other', name: 'Amina', role: 'CUSTOMER', avatar: null };

export class FakeLink implements Link {
  readonly down: Queued[] = [];
  readonly up: Command[] = [];
  isOpen = true;
  readonly target: LinkTarget;
  readonly name: TransportName;
  readonly events: LinkEvents;
  constructor(name: TransportName, target: LinkTarget, events: LinkEvents) {
    this.name = name;
    this.target = target;
    this.events = events;
  }
  send(frame: string): void {
    if (this.isOpen) this.up.push(JSON.parse(frame) as Command);
  }
  close(): void {
    this.isOpen = false;
  }
  /** The server, or the network, ends it. */
  end(code: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.events.close({ code, clean: code !== 1006 });
  }
  push(frame: Frame, lossy = false): void {
    if (this.isOpen) this.down.push({ frame, lossy });
  }
  /** Delivers the next frame. */
  deliver(): void {
    const next = this.down.shift();
    if (next !== undefined && this.isOpen) this.events.frame(JSON.stringify(next.frame));
  }
}

export interface Refusal {
  readonly status: number;
  readonly code?: ErrorCode;
  readonly retryAfter?: number;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, never>;
  readonly authorization: string | null;
}

export class FakeServer {
  readonly clock: FakeClock;
  readonly rooms = new Map<string, Room>();
  readonly links: FakeLink[] = [];
  readonly calls: Call[] = [];
  readonly commands: Command[] = [];
  /** Transports that cannot be opened. */
  readonly blocked = new Set<TransportName>();
  /** Transports that open and then bring nothing, as behind a proxy that buffers. */
  readonly silent = new Set<TransportName>();
  /** The answer of a REST call in place of the real one: a refusal, or null for a broken network. */
  intercept: (call: Call) => Refusal | null | undefined = () => undefined;
  /** How long answers of REST are on their way; what they tell is from before. */
  restDelayMs = 0;
  /** True when the test answered the command itself. */
  onCommand: (command: Command, link: FakeLink) => boolean = () => false;
  private tick = 0;
  private userSeq = 0;

  constructor(clock: FakeClock = createFakeClock()) {
    this.clock = clock;
  }

  get link(): FakeLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('Nobody connected');
    return link;
  }

  room(id = 'c1'): Room {
    const me = { conversationId: id, userSeq: 0, readSeq: 0, unread: 0 };
    const room = this.rooms.get(id) ?? { id, lastSeq: 0, changedAt: 0, messages: new Map(), me };
    this.rooms.set(id, room);
    return room;
  }

  messages(id = 'c1'): Message[] {
    return [...this.room(id).messages.values()].sort((a, b) => a.seq - b.seq);
  }

  post(body: string, sender: Person = OTHER, id = 'c1', clientId = `k${this.tick}`): Message {
    const room = this.room(id);
    const seq = this.next(room);
    const message: Message = {
      conversationId: id,
      seq,
      changeSeq: seq,
      senderId: sender.id,
      sender,
      clientId,
      kind: 'text',
      body,
      replyToSeq: null,
      createdAt: new Date(this.clock.now() + this.tick).toISOString(),
      editedAt: null,
      deletedAt: null,
    };
    return this.store(room, message);
  }

  edit(seq: number, body: string, id = 'c1'): Message {
    return this.change(seq, id, { body, editedAt: new Date(this.clock.now()).toISOString() });
  }

  remove(seq: number, id = 'c1'): Message {
    return this.change(seq, id, { body: '', deletedAt: new Date(this.clock.now()).toISOString() });
  }

  private change(seq: number, id: string, change: Partial<Message>): Message {
    const room = this.room(id);
    const known = room.messages.get(seq);
    if (known === undefined) throw new Error(`No message ${seq}`);
    return this.store(room, { ...known, ...change, changeSeq: this.next(room) });
  }

  private next(room: Room): number {
    this.tick += 1;
    room.changedAt = this.tick;
    room.lastSeq += 1;
    return room.lastSeq;
  }

  private store(room: Room, message: Message): Message {
    room.messages.set(message.seq, message);
    this.broadcast({ type: 'message', ...message }, true);
    return message;
  }

  broadcast(frame: Frame, lossy = false): void {
    for (const link of this.links) link.push(frame, lossy);
  }

  transport(name: TransportName = 'websocket'): Transport {
    return {
      name,
      isSupported: () => true,
      open: (target, events) => {
        const link = new FakeLink(name, target, events);
        this.links.push(link);
        if (this.blocked.has(name)) this.clock.after(0, () => link.end(1006));
        else if (!this.silent.has(name)) this.greet(link);
        return link;
      },
    };
  }

  private greet(link: FakeLink): void {
    const after = link.target.after === null ? null : Number(link.target.after);
    const changed = [...this.rooms.values()].filter(({ changedAt }) => changedAt > (after ?? 1e9));
    link.push({
      type: 'ready',
      protocol: 'chat.v1',
      connectionId: `connection-${this.links.length}`,
      user: ME,
      conversationId: null,
      position: this.userSeq,
      cursor: String(this.tick),
      epoch: 'e1',
      heads: changed.map(({ id, lastSeq }) => ({ id, lastSeq })),
      more: false,
      pingMs: LIMITS.pingMs,
      reconnectWindowMs: LIMITS.reconnectWindowMs,
      limits: { frameBytes: LIMITS.frameBytes, bodyBytes: LIMITS.bodyBytes },
    });
    if (after === null) return;
    const bracket = { type: 'replay', from: this.userSeq, to: this.userSeq } as const;
    link.push({ ...bracket, done: false });
    link.push({ ...bracket, done: true });
  }

  /** The server handles what was sent up. */
  receive(link: FakeLink = this.link): void {
    for (const command of link.up.splice(0)) {
      this.commands.push(command);
      if (!this.onCommand(command, link)) this.handle(command, link);
    }
  }

  handle(command: Command, link: FakeLink): void {
    if (command.type === 'message') this.accept(command, link);
    else if (command.type === 'sync') {
      for (const { id, after } of command.conversations ?? [])
        this.catchUp(id, Number(after), link);
    } else if (command.type === 'read') this.read(command.conversationId ?? '', command.seq);
    else if (command.type === 'ping') link.push({ type: 'pong' });
  }

  catchUp(conversationId: string, from: number, link: FakeLink = this.link): void {
    const to = this.room(conversationId).lastSeq;
    link.push({ type: 'replay', conversationId, from, to, done: false });
    for (const message of this.messages(conversationId)) {
      if (message.changeSeq > from) link.push({ type: 'message', ...message });
    }
    link.push({ type: 'replay', conversationId, from, to, done: true });
  }

  /** Stores once per clientId, and acknowledges. */
  accept(command: Command & { type: 'message' }, link: FakeLink): void {
    const conversationId = command.conversationId ?? '';
    const clientId = command.clientId ?? '';
    const { message, duplicate } = this.submit(conversationId, clientId, command.body);
    const { seq, createdAt } = message;
    const id = command.id === undefined ? {} : { id: command.id };
    link.push({ type: 'ack', ...id, clientId, conversationId, seq, createdAt, duplicate });
  }

  private submit(id: string, clientId: string, body: string) {
    const known = this.messages(id).find(
      (message) => message.clientId === clientId && message.senderId === ME.id,
    );
    return { message: known ?? this.post(body, ME, id, clientId), duplicate: known !== undefined };
  }

  read(id: string, seq: number): Membership {
    const room = this.room(id);
    this.userSeq += 1;
    const readSeq = Math.max(room.me.readSeq, seq);
    room.me = { ...room.me, userSeq: this.userSeq, readSeq, unread: this.unread(room, readSeq) };
    this.broadcast({ type: 'membership', ...room.me });
    return room.me;
  }

  private unread({ messages }: Room, readSeq: number): number {
    return [...messages.values()].filter(
      (message) =>
        message.seq > readSeq && message.senderId !== ME.id && message.deletedAt === null,
    ).length;
  }

  item(id: string): InboxItem {
    const room = this.room(id);
    const unread = this.unread(room, room.me.readSeq);
    const lastMessage = this.messages(id).at(-1) ?? null;
    const createdAt = new Date(0).toISOString();
    return {
      id,
      type: 'support',
      changeSeq: 0,
      status: 'open',
      business: { id: 'b1', name: 'Savanna Crafts' },
      customer: OTHER,
      createdAt,
      lastSeq: room.lastSeq,
      lastMessageAt: lastMessage?.createdAt ?? createdAt,
      lastMessage,
      participants: [ME, OTHER].map((user) => ({
        conversationId: id,
        userId: user.id,
        user,
        role: user === ME ? 'agent' : 'customer',
        changeSeq: 0,
        joinedSeq: 0,
        leftSeq: null,
      })),
      receipts: [],
      me: { ...room.me, unread },
      unread,
    };
  }

  readonly fetch = (async (input: string, init: RequestInit = {}) => {
    const url = new URL(input, 'http://chat.test');
    const call: Call = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      body: JSON.parse(String(init.body ?? '{}')),
      authorization: (init.headers as Record<string, string>).authorization ?? null,
    };
    this.calls.push(call);
    const refusal = this.intercept(call);
    if (refusal === null) throw new TypeError('Failed to fetch');
    const response = refusal === undefined ? respond(200, this.answer(call)) : refuse(refusal);
    const delayMs = this.restDelayMs;
    if (delayMs > 0) await new Promise<void>((resolve) => this.clock.after(delayMs, resolve));
    return response;
  }) as unknown as typeof fetch;

  private answer({ method, path, query, body }: Call): unknown {
    const [, , resource, id = '', sub, seq] = path.split('/');
    if (resource === 'connection-check') return undefined;
    if (resource !== 'conversations') throw new Error(`No route ${path}`);
    if (id === '') return this.page(query);
    if (sub === undefined) return this.item(id);
    if (sub === 'read') return this.read(id, Number(body.seq));
    if (method === 'POST') return this.submit(id, String(body.clientId), String(body.body)).message;
    if (method === 'PATCH') return this.edit(Number(seq), String(body.body), id);
    if (method === 'DELETE') return this.remove(Number(seq), id);
    return this.history(id, query);
  }

  private page(query: URLSearchParams) {
    const limit = Number(query.get('limit') ?? 50);
    const from = Number(query.get('cursor') ?? 0);
    const items = [...this.rooms.keys()]
      .map((id) => this.item(id))
      .sort((a, b) => b.lastMessageAt.localeCompare(a.lastMessageAt));
    const nextCursor = items.length > from + limit ? String(from + limit) : null;
    return { items: items.slice(from, from + limit), nextCursor };
  }

  private history(id: string, query: URLSearchParams) {
    const number = (name: string) => (query.has(name) ? Number(query.get(name)) : null);
    const limit = number('limit') ?? 50;
    const head = this.room(id).lastSeq;
    const changedAfter = number('changedAfter');
    const after = number('after');
    if (changedAfter !== null || after !== null) {
      const rows = this.messages(id).filter(
        (message) => message.changeSeq > (changedAfter ?? -1) && message.seq > (after ?? -1),
      );
      const items = rows.slice(0, limit);
      return { items, head, nextCursor: rows.length > limit ? (items.at(-1)?.seq ?? null) : null };
    }
    const before = number('before') ?? Number.POSITIVE_INFINITY;
    const rows = this.messages(id).filter(({ seq }) => seq < before);
    const items = rows.slice(-limit);
    return { items, head, nextCursor: rows.length > limit ? (items[0]?.seq ?? null) : null };
  }

  /** Flushes both directions, and what follows from it, until nothing moves. */
  async settle(): Promise<void> {
    await microtasks();
    for (let link = this.busy(); link !== undefined; link = this.busy()) {
      this.receive(link);
      while (link.isOpen && link.down.length > 0) link.deliver();
      await microtasks();
    }
  }

  private busy(): FakeLink | undefined {
    return this.links.find((link) => link.isOpen && link.down.length + link.up.length > 0);
  }

  /** Time passes in steps, so that what happens on the way can be answered. */
  async pass(ms: number, stepMs = 100): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }
}

function respond(status: number, body: unknown, headers: Record<string, string> = {}) {
  return {
    ok: status < 400,
    status: body === undefined ? 204 : status,
    headers: { get: (name: string) => headers[name] ?? null },
    json: async () => structured(body),
  };
}

const structured = (body: unknown) => JSON.parse(JSON.stringify(body)) as unknown;

function refuse({ status, code, retryAfter }: Refusal) {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return respond(status, { code, title: 'Refused', status }, headers as Record<string, string>);
}
