import type { Command, MessageCommand } from '@protocol/commands';
import type { FrameOf } from '@protocol/frames';
import { LIMITS } from '@protocol/limits';
import type { Message } from '@protocol/resources/message';
import { fullJitter } from './backoff';
import type { Cancel, Clock } from './clock';
import { ChatError, toChatError } from './errors';
import type { OutboxRecord } from './outbox-storage';
import { REQUEST_TIMEOUT_MS } from './requests';
import type { MessageInput } from './types';

export interface OutboxEntry extends OutboxRecord {
  readonly state: 'sending' | 'failed';
  readonly error: ChatError | null;
}

export interface LaneDeps {
  /** By the connection; rejects at once with `disconnected` when there is none. */
  readonly ask: (command: Command) => Promise<FrameOf<'ack' | 'auth' | 'pong'>>;
  readonly post: (conversationId: string, input: MessageInput) => Promise<Message>;
  /** What an acknowledged message looks like, before its own frame came. */
  readonly acknowledged: (record: OutboxRecord, ack: FrameOf<'ack'>) => Message;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface LaneEvents {
  sent(message: Message): void;
  failed(entry: OutboxEntry, error: ChatError): void;
}

const entryOf = (record: OutboxRecord): OutboxEntry => ({
  ...record,
  state: 'sending',
  error: null,
});

const isTooLong = (body: string) => new Blob([body]).size > LIMITS.bodyBytes;

type Input = Pick<MessageCommand, 'body' | 'clientId' | 'replyTo' | 'ifLastSeq'>;

function inputOf({ body, clientId, replyTo, ifLastSeq }: OutboxRecord): Input {
  return {
    body,
    clientId,
    ...(replyTo === null ? {} : { replyTo }),
    ...(ifLastSeq === null ? {} : { ifLastSeq }),
  };
}

/** The unsent messages of one conversation: the first is on its way, the others wait for it. */
export class OutboxLane {
  entries: readonly OutboxEntry[] = [];
  private readonly deps: LaneDeps;
  private readonly events: LaneEvents;
  /** The number of the try under way: a failure of an earlier one is late and says nothing. */
  private turn = 0;
  private attempts = 0;
  private cancel: Cancel = () => undefined;

  constructor(deps: LaneDeps, events: LaneEvents) {
    this.deps = deps;
    this.events = events;
  }

  private get first(): OutboxEntry | undefined {
    return this.entries.find(({ state }) => state === 'sending');
  }

  add(record: OutboxRecord): void {
    const isFirst = this.first === undefined;
    this.entries = [...this.entries, entryOf(record)];
    if (isFirst) this.restart();
  }

  /** Does not send them yet. */
  putFirst(records: readonly OutboxRecord[]): void {
    this.entries = [...records.map(entryOf), ...this.entries];
  }

  remove(clientId: string): void {
    const wasFirst = this.first?.clientId === clientId;
    this.entries = this.entries.filter((entry) => entry.clientId !== clientId);
    if (wasFirst) this.restart();
  }

  /** The first goes again, now. */
  restart(): void {
    this.attempts = 0;
    this.dispatch();
  }

  private dispatch(): void {
    this.cancel();
    this.turn += 1;
    const entry = this.first;
    if (entry === undefined) return;
    this.attempt(this.byConnection(entry), (error) => this.unsent(entry, error));
  }

  private attempt(sending: Promise<Message>, failed: (error: ChatError) => void): void {
    const { turn } = this;
    sending.then(this.events.sent, (cause: unknown) => {
      if (this.turn === turn) failed(toChatError(cause));
    });
  }

  private async byConnection(entry: OutboxEntry): Promise<Message> {
    const { conversationId } = entry;
    // Over the limit of a frame the server would end the connection, so it is not even tried.
    if (isTooLong(entry.body)) throw new ChatError({ code: 'body_too_long', message: 'Too long' });
    const command: MessageCommand = { type: 'message', conversationId, ...inputOf(entry) };
    const answer = await this.deps.ask(command);
    if (answer.type === 'ack') return this.deps.acknowledged(entry, answer);
    throw new ChatError({ code: 'internal', message: `A message was answered by ${answer.type}` });
  }

  private unsent(entry: OutboxEntry, error: ChatError): void {
    const { clock } = this.deps;
    if (error.code === 'timeout') this.byRest(entry);
    else if (error.code === 'disconnected') {
      this.cancel = clock.after(REQUEST_TIMEOUT_MS, () => this.byRest(entry));
    } else this.refused(entry, error);
  }

  private byRest(entry: OutboxEntry): void {
    const posting = this.deps.post(entry.conversationId, inputOf(entry));
    this.attempt(posting, (error) => this.refused(entry, error));
  }

  private refused(entry: OutboxEntry, error: ChatError): void {
    if (error.retryable) this.retryLater(error.retryAfterMs ?? 0);
    else this.fail(entry, error);
  }

  private retryLater(leastMs: number): void {
    const { clock, random } = this.deps;
    const delay = Math.max(fullJitter(this.attempts, random), leastMs);
    this.attempts += 1;
    this.cancel = clock.after(delay, () => this.dispatch());
  }

  private fail(entry: OutboxEntry, error: ChatError): void {
    const failed: OutboxEntry = { ...entry, state: 'failed', error };
    this.entries = this.entries.map((one) => (one.clientId === entry.clientId ? failed : one));
    this.events.failed(failed, error);
    this.restart();
  }
}
