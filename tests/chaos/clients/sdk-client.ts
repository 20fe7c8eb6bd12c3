import { WebSocket } from 'ws';
import { type Chat, createChat, type Thread } from '../../../client/sdk/index.js';
import type { TransportName } from '../../../client/sdk/transports/transport.js';
import type { Holding, Truth } from '../checker/evidence.js';
import { type History, now } from '../history.js';
import type { Random } from '../random.js';
import type { Client, Person } from './client.js';

const MOST_UNDER_WAY = 6;
const LOST_ACKS = 0.2;
/** Links that die young make the SDK wait longer and longer, as it should; here an old one dies for an answer. */
const OLD_MS = 31_000;

export interface SdkClientOptions {
  readonly name: string;
  readonly person: Person;
  readonly conversationIds: readonly string[];
  readonly transports: readonly TransportName[];
  readonly url: string;
  readonly random: Random;
  readonly history: History;
  readonly losesAcks: boolean;
}

/** A person with the SDK: every conversation open, whichever link the ladder chooses. */
export class SdkClient implements Client {
  readonly name: string;
  readonly person: Person;
  readonly kind: string;
  private readonly options: SdkClientOptions;
  private readonly chat: Chat;
  private readonly threads: readonly Thread[];
  private readonly links = new Set<() => void>();
  private pending = 0;
  private counter = 0;

  constructor(options: SdkClientOptions) {
    const { name, person, transports, conversationIds, url, random, history } = options;
    this.options = options;
    this.name = name;
    this.person = person;
    this.kind = `sdk ${transports.join('+')}`;
    this.chat = createChat({
      url,
      token: person.token,
      transports,
      WebSocket: this.socketClass() as never,
      fetch: (input, init) => this.fetch(input, init),
      random: random.next,
    });
    this.threads = conversationIds.map((id) => this.chat.thread(id));
    this.chat.on('message', ({ conversationId, seq, senderId, clientId }) => {
      history.callbacks.push({ client: name, conversationId, seq });
      const key = { conversationId, senderId, clientId };
      history.deliveries.push({ ...key, client: name, at: now(), caughtUp: false });
    });
    this.chat.on('error', ({ code }) => history.sdkErrors.push({ client: name, at: now(), code }));
    this.noteLinks();
  }

  get isConnected(): boolean {
    return this.chat.connection.getSnapshot().state === 'online';
  }

  get isSettled(): boolean {
    return this.pending === 0;
  }

  start(): void {
    for (const thread of this.threads) thread.open();
    this.chat.connect();
  }

  send(): void {
    const { random, history } = this.options;
    if (this.pending >= MOST_UNDER_WAY) return;
    const thread = random.pick(this.threads);
    const clientId = `${this.name}-${this.counter++}`;
    const key = { conversationId: thread.id, senderId: this.person.id, clientId };
    const by = { ...key, client: this.name };
    history.sends.push({ ...by, at: now(), session: null, bySdk: true });
    this.pending += 1;
    thread
      .send(`chaos-body ${clientId}`, { clientId })
      .sent.then(
        ({ seq }) =>
          history.acks.push({
            ...by,
            at: now(),
            seq,
            duplicate: false,
            session: null,
            heard: true,
          }),
        ({ code }) => history.refusals.push({ ...by, at: now(), code }),
      )
      .finally(() => {
        this.pending -= 1;
      });
  }

  cut(): void {
    for (const end of this.links) end();
  }

  stop(): void {
    this.chat.destroy();
  }

  behind(truth: Truth): string[] {
    return this.threads.flatMap((thread) => {
      const held = thread.getSnapshot().messages;
      const rows = truth.rowsOf(thread.id);
      const first = held[0]?.seq ?? 0;
      const wanted = rows.filter(({ seq }) => seq >= first);
      const states = new Map(held.map(({ seq, changeSeq }) => [seq, changeSeq]));
      const missing = wanted.filter(({ seq, changeSeq }) => states.get(seq) !== changeSeq);
      const [one] = held.length === 0 ? rows : missing;
      return one
        ? [`${this.name} lacks ${missing.length}, such as ${one.seq} in ${thread.id}`]
        : [];
    });
  }

  holdings(truth: Truth): Holding[] {
    return this.threads.map((thread) => {
      const { messages } = thread.getSnapshot();
      const position = truth.heads.get(thread.id) ?? 0;
      const { name: client } = this;
      const from = messages[0]?.seq ?? 0;
      return { client, conversationId: thread.id, from, position, messages };
    });
  }

  statusOf(userId: string): string | undefined {
    return this.chat.presence.getSnapshot().get(userId)?.status;
  }

  private noteLinks(): void {
    const { history } = this.options;
    let was = false;
    this.chat.on('connection', ({ state }) => {
      const up = state === 'online';
      if (up !== was) history.links.push({ client: this.name, at: now(), up });
      was = up;
    });
  }

  private losesAck(payload: unknown): boolean {
    const { losesAcks, random } = this.options;
    const isMessage = typeof payload === 'string' && payload.includes('"type":"message"');
    return isMessage && losesAcks && random.chance(LOST_ACKS);
  }

  /** Its link dies when an acknowledgement is to get lost. */
  private socketClass(): typeof WebSocket {
    const { links } = this;
    const losesAck = (data: unknown) => this.losesAck(data);
    return class extends WebSocket {
      private readonly born: number;

      constructor(url: string, protocols: string[]) {
        super(url, protocols, { handshakeTimeout: 30_000 });
        this.born = now();
        const end = () => this.terminate();
        links.add(end);
        this.on('close', () => links.delete(end));
        this.on('error', () => {});
      }

      override send(data: string): void {
        super.send(data);
        if (now() - this.born > OLD_MS && losesAck(data)) setTimeout(() => this.terminate(), 5);
      }
    } as unknown as typeof WebSocket;
  }

  private async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (String(input).includes('/sse')) return this.stream(input, init);
    const response = await fetch(input, init);
    if (!this.losesAck(init?.body)) return response;
    await response.body?.cancel();
    throw new TypeError('The answer got lost');
  }

  private async stream(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const abort = new AbortController();
    const end = () => abort.abort();
    this.links.add(end);
    init.signal?.addEventListener('abort', () => {
      end();
      this.links.delete(end);
    });
    return fetch(input, { ...init, signal: abort.signal });
  }
}
