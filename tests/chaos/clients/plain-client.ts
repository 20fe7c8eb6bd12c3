import type { DurableFrame, Frame, FrameOf } from '../../../src/protocol/frames.js';
import type { Holding, Truth } from '../checker/evidence.js';
import { type History, type MessageKey, now } from '../history.js';
import type { Random } from '../random.js';
import type { Client, Person } from './client.js';
import { call } from './rest.js';
import { type Target, WIRES, type Wire, type WireName } from './wires.js';

const MOST_UNDER_WAY = 6;
const REPEAT_AFTER_MS = 10_000;
const CHECK_MS = 500;
const LOST_ACKS = 0.2;
/** A connection that says nothing for so long is given up: the server pings every 25 s. */
const SILENCE_MS = 40_000;

export interface PlainClientOptions {
  readonly name: string;
  readonly person: Person;
  readonly conversationId: string;
  readonly wire: WireName;
  readonly url: string;
  readonly random: Random;
  readonly history: History;
  /** Whether some of its acknowledgements get lost. */
  readonly losesAcks: boolean;
}

interface UnderWay {
  readonly clientId: string;
  readonly body: string;
  session: string | null;
  triedAt: number;
  losesAck: boolean;
}

/**
 * A conversation session without an SDK. It trusts the server's order, writes down every breach of it, resumes from its
 * position, and repeats what was not answered under the same `clientId`, by whatever way comes first.
 */
export class PlainClient implements Client {
  readonly name: string;
  readonly person: Person;
  readonly kind: string;
  private readonly options: PlainClientOptions;
  private readonly messages = new Map<number, FrameOf<'message'>>();
  private readonly statuses = new Map<string, string>();
  private readonly underWay = new Map<string, UnderWay>();
  private readonly timer: NodeJS.Timeout;
  private position: number | null = null;
  private cursor: string | null = null;
  private wire: Wire | null = null;
  private session: string | null = null;
  private inReplay = false;
  private isStopped = false;
  private heardAt = 0;
  private counter = 0;

  constructor(options: PlainClientOptions) {
    this.options = options;
    this.name = options.name;
    this.person = options.person;
    this.kind = `plain ${options.wire}`;
    this.timer = setInterval(() => this.check(), CHECK_MS).unref();
  }

  get isConnected(): boolean {
    return this.session !== null;
  }

  get isSettled(): boolean {
    return this.underWay.size === 0;
  }

  start(): void {
    const { url, wire, conversationId } = this.options;
    if (this.wire || this.isStopped) return;
    const after = (wire === 'sse' ? this.cursor : null) ?? this.position ?? 0;
    const target: Target = { url, token: this.person.token, conversationId, after };
    this.inReplay = false;
    this.heardAt = now();
    const opened: Wire = WIRES[wire](target, {
      frame: (frame, cursor) => this.wire === opened && this.take(frame, cursor),
      closed: () => this.wire === opened && this.closed(),
    });
    this.wire = opened;
  }

  send(): void {
    if (this.underWay.size >= MOST_UNDER_WAY) return;
    const { random, history, losesAcks } = this.options;
    const clientId = `${this.name}-${this.counter++}`;
    const body = `chaos-body ${clientId}`;
    const losesAck = losesAcks && random.chance(LOST_ACKS);
    const entry = { clientId, body, session: this.session, triedAt: now(), losesAck };
    const { name: client, session } = this;
    history.sends.push({ ...this.key(clientId), client, at: now(), session, bySdk: false });
    this.underWay.set(clientId, entry);
    if (session) this.transmit(entry);
  }

  /** An edit or a deletion of something of its own; what becomes of it is for the database to say. */
  async change(): Promise<void> {
    const { random, url } = this.options;
    const own = [...this.messages.values()].filter(({ senderId }) => senderId === this.person.id);
    if (own.length === 0) return;
    const { seq, clientId } = random.pick(own.slice(-20));
    const path = `/api/conversations/${this.options.conversationId}/messages/${seq}`;
    const body = { body: `chaos-body ${clientId} edited ${this.counter++}` };
    if (random.chance(0.2)) await call(url, this.person.token, 'DELETE', path);
    else await call(url, this.person.token, 'PATCH', path, body);
  }

  cut(): void {
    if (!this.wire) return;
    this.wire.cut();
    this.closed();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
    this.wire?.cut();
    this.wire = null;
    this.session = null;
  }

  behind(truth: Truth): string[] {
    const { conversationId } = this.options;
    const head = truth.heads.get(conversationId) ?? 0;
    const at = this.position ?? 0;
    return at >= head ? [] : [`${this.name} stands at ${at} of ${head} in ${conversationId}`];
  }

  holdings(): Holding[] {
    const { conversationId } = this.options;
    const messages = [...this.messages.values()];
    return [{ client: this.name, conversationId, from: 0, position: this.position ?? 0, messages }];
  }

  statusOf(userId: string): string | undefined {
    return this.statuses.get(userId);
  }

  private key(clientId: string): MessageKey {
    return {
      conversationId: this.options.conversationId,
      senderId: this.person.id,
      clientId,
    };
  }

  private transmit(entry: UnderWay): void {
    const { clientId, body } = entry;
    entry.triedAt = now();
    this.wire?.send({ type: 'message', id: clientId, clientId, body });
  }

  private closed(): void {
    if (this.session) this.noteLink(false);
    this.wire = null;
    this.session = null;
    if (this.isStopped) return;
    setTimeout(() => this.start(), this.options.random.between(200, 1_200)).unref();
  }

  private noteLink(up: boolean): void {
    this.options.history.links.push({ client: this.name, at: now(), up });
  }

  /** Whatever was lost on the way is repeated: some by this connection, some by REST. */
  private check(): void {
    if (this.wire && now() - this.heardAt > SILENCE_MS) this.cut();
    for (const entry of this.underWay.values()) {
      if (now() - entry.triedAt < REPEAT_AFTER_MS) continue;
      entry.session = null;
      if (this.session && this.options.random.chance(0.5)) this.transmit(entry);
      else void this.repeatByRest(entry);
    }
  }

  private async repeatByRest(entry: UnderWay): Promise<void> {
    const { conversationId, url } = this.options;
    const { clientId, body } = entry;
    entry.session = null;
    entry.triedAt = now();
    const path = `/api/conversations/${conversationId}/messages`;
    const answer = await call(url, this.person.token, 'POST', path, { clientId, body });
    if (answer && answer.status < 300) this.acked(clientId, answer.body.seq, answer.status === 200);
    else if (answer && answer.status < 500 && answer.status !== 429)
      this.refused(clientId, answer.body?.code ?? `${answer.status}`);
  }

  private take(frame: Frame, cursor?: string): void {
    this.heardAt = now();
    if (cursor !== undefined) this.cursor = cursor;
    switch (frame.type) {
      case 'ready':
        return this.ready(frame);
      case 'replay':
        return this.bracket(frame);
      case 'resync':
        return this.breach('resync', frame.reason);
      case 'ack':
        return this.acked(frame.clientId, frame.seq, frame.duplicate);
      case 'error':
        return this.failed(frame);
      case 'status':
        if ('userId' in frame) this.statuses.set(frame.userId, frame.status);
        return;
      case 'ping':
        return this.wire?.send({ type: 'pong' });
      case 'message':
      case 'participant':
      case 'conversation':
        return this.durable(frame);
    }
  }

  private ready({ connectionId }: FrameOf<'ready'>): void {
    this.session = connectionId;
    this.noteLink(true);
    for (const entry of this.underWay.values()) {
      entry.session = null;
      this.transmit(entry);
    }
  }

  private bracket({ done, from, to, rest }: FrameOf<'replay'>): void {
    if (rest) this.breach('rest', `from ${from} to ${to}`);
    this.inReplay = !done;
    if (!done && from > (this.position ?? 0))
      this.breach('gap', `a catch-up from ${from} at position ${this.position}`);
    if (done) this.position = Math.max(to, this.position ?? 0);
  }

  private durable(frame: DurableFrame): void {
    const expected = (this.position ?? 0) + 1;
    if (!this.inReplay) {
      if (frame.changeSeq > expected)
        this.breach('gap', `${frame.changeSeq} came at position ${this.position}`);
      if (frame.changeSeq < expected)
        this.breach('repeat', `${frame.changeSeq} came at position ${this.position}`);
      this.position = Math.max(frame.changeSeq, this.position ?? 0);
    }
    if (frame.type === 'message') this.message(frame);
  }

  private message(frame: FrameOf<'message'>): void {
    const known = this.messages.get(frame.seq);
    if (!known || known.changeSeq <= frame.changeSeq) this.messages.set(frame.seq, frame);
    if (known || frame.senderId === this.person.id) return;
    const { conversationId, senderId, clientId } = frame;
    const { name: client, inReplay: caughtUp } = this;
    const { deliveries } = this.options.history;
    deliveries.push({ conversationId, senderId, clientId, client, at: now(), caughtUp });
  }

  private breach(kind: 'gap' | 'repeat' | 'resync' | 'rest', detail: string): void {
    this.options.history.breaches.push({ client: this.name, at: now(), kind, detail });
  }

  private acked(clientId: string, seq: number, duplicate: boolean): void {
    const entry = this.underWay.get(clientId);
    if (!entry) return;
    const { name: client } = this;
    const { session, losesAck } = entry;
    const heard = !losesAck;
    const ack = { ...this.key(clientId), client, at: now(), seq, duplicate, session, heard };
    this.options.history.acks.push(ack);
    if (heard) this.underWay.delete(clientId);
    else this.repeatElsewhere(entry);
  }

  private repeatElsewhere(entry: UnderWay): void {
    entry.losesAck = false;
    entry.session = null;
    const way = this.options.random.between(0, 2);
    if (way === 0) this.cut();
    else if (way === 1) void this.repeatByRest(entry);
    else this.transmit(entry);
  }

  private failed({ clientId, code, retryable, retryAfterMs = 500 }: FrameOf<'error'>): void {
    const entry = clientId === undefined ? undefined : this.underWay.get(clientId);
    if (!entry) return;
    entry.session = null;
    if (!retryable) this.refused(entry.clientId, code);
    // `check` repeats it.
    else entry.triedAt = now() - REPEAT_AFTER_MS + retryAfterMs;
  }

  private refused(clientId: string, code: string): void {
    this.underWay.delete(clientId);
    const { name: client } = this;
    this.options.history.refusals.push({ ...this.key(clientId), client, at: now(), code });
  }
}
