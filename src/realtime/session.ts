import { randomBytes } from 'node:crypto';
import { CLOSE_CODES, type CloseCode } from '../protocol/close-codes.js';
import type { Frame } from '../protocol/frames.js';
import type { Caller } from './caller.js';
import { type Encoded, encode } from './encoded.js';
import { excluding, type Few, including, membersOf } from './few.js';
import { endOfTurn, type Lane } from './flush.js';
import { MAX_OWED_BYTES, OutboundQueue } from './outbound-queue.js';
import type { Topic } from './topics.js';

/** The far end of a session. Writing never blocks; what the peer has not taken yet counts in `backlog`. */
export interface Link {
  /** False when it wants no more until it has drained. */
  write(batch: readonly Encoded[]): boolean;
  /** Runs once, after a `write` that answered false. */
  onceDrained(run: () => void): void;
  /** Bytes accepted for the peer and not yet handed to the network. */
  readonly backlog: number;
  /** Bytes handed to the network so far. */
  readonly taken: number;
  close(code: CloseCode, reason: string): void;
  /** Whether the peer answers pings over this link. */
  readonly answersPings: boolean;
  /** Keeps proxies from taking a silent stream for a dead one. */
  beat?(): void;
  /** Ends by itself before a heartbeat matters. */
  readonly isBrief?: true;
  /** Told once the opening is written; `isNews`: it had something that the peer did not have. */
  opened?(isNews: boolean): void;
}

/** Commands of the peer that are under way, and those that wait for them. */
export interface Inbound {
  /** Resolves after the last of them; with the opening when there is none yet. */
  tail: Promise<unknown>;
  length: number;
}

export interface SessionSpec {
  readonly id: string;
  readonly caller: Caller;
  /** Null on a user session. */
  readonly conversationId: string | null;
  readonly link: Link;
}

/**
 * One connection, whatever its transport. Frames go out in the order of `push`, at most once each; a session that
 * cannot take a durable frame is closed instead, and its client catches up from PostgreSQL.
 */
export class Session {
  readonly id: string;
  /** What presence counts: the polls of one connection overlap, each with its own. */
  readonly presenceId: string;
  readonly conversationId: string | null;
  caller: Caller;
  /** When the peer was last heard, and last asked, in milliseconds since the epoch. */
  heardAt = 0;
  pingedAt = 0;
  /** When the peer is to be told that its token ends. */
  noticeAt = Number.POSITIVE_INFINITY;
  /** Place in the user's own stream up to which nothing is missing; null on a conversation session. */
  userPosition: number | null = null;
  /** Null as long as there is nothing to wait for, which is nearly always. */
  inbound: Inbound | null = null;
  /** Called once, when the session has ended. */
  onEnd: ((session: Session) => void) | undefined;
  private itsTopics: Few<Topic>;
  private readonly link: Link;
  private readonly queue: OutboundQueue;
  /** Frames that arrive before the session is live wait here, so that `ready` and the catch-up come first. */
  private waiting: Encoded[] | null = [];
  private waitingBytes = 0;
  private ended = false;

  constructor({ id, caller, conversationId, link }: SessionSpec) {
    this.id = id;
    this.presenceId = link.isBrief ? randomBytes(16).toString('hex') : id;
    this.caller = caller;
    this.conversationId = conversationId;
    this.link = link;
    this.queue = new OutboundQueue(link, this);
  }

  /** Where the hub finds it. */
  get topics(): ReadonlySet<Topic> {
    return membersOf(this.itsTopics);
  }

  joined(topic: Topic): void {
    this.itsTopics = including(this.itsTopics, topic);
  }

  left(topic: Topic): void {
    this.itsTopics = excluding(this.itsTopics, topic);
  }

  get isOpen(): boolean {
    return !this.ended;
  }

  /** Has not got all that comes before live frames. */
  get isOpening(): boolean {
    return this.waiting !== null;
  }

  get answersPings(): boolean {
    return this.link.answersPings;
  }

  get isBrief(): boolean {
    return this.link.isBrief === true;
  }

  beat(): void {
    if (!this.ended) this.link.beat?.();
  }

  /** A frame from the fan-out; held back until the session is live. */
  push(frame: Encoded, lane: Lane = endOfTurn): void {
    if (this.ended) return;
    if (this.waiting) this.hold(frame);
    else this.queue.add(frame, lane);
  }

  /** A frame of the user's own stream. A gap stops the position, so that a resume brings what is missing. */
  pushOwn(frame: Encoded, userSeq: number): void {
    if (this.userPosition !== null && userSeq === this.userPosition + 1)
      this.userPosition = userSeq;
    this.push(frame);
  }

  /** A frame that belongs to the conversation with this peer: `ready`, a catch-up, an answer. Never held back. */
  reply(frame: Encoded): void {
    if (!this.ended) this.queue.add(frame, endOfTurn);
  }

  send(frame: Frame): void {
    this.reply(encode(frame));
  }

  /** Resolves when the peer has taken what it was sent, or is gone. */
  drained(): Promise<void> {
    return this.ended ? Promise.resolve() : this.queue.drained();
  }

  /** To be called every few seconds. */
  checkStall(now: number): void {
    if (this.queue.isStalled(now)) this.end(4450);
  }

  /** Ends the opening: what waited goes out, in order. `isNews`: the peer has got something that it did not have. */
  goLive(isNews = true): void {
    const waited = this.waiting ?? [];
    this.waiting = null;
    this.waitingBytes = 0;
    for (const frame of waited) this.push(frame);
    this.opened(isNews || waited.length > 0);
  }

  /** All that the opening brings is out, whether the session is live or has first to catch up elsewhere. */
  opened(isNews: boolean): void {
    if (!this.link.opened) return;
    this.queue.flush();
    this.link.opened(isNews);
  }

  end(code: CloseCode): void {
    if (this.ended) return;
    this.ended = true;
    this.queue.flush();
    this.link.close(code, CLOSE_CODES[code].reason);
    this.forget();
  }

  /** Nothing is wrong: what is due goes out, and the link closes itself. */
  part(): void {
    if (this.ended) return;
    this.ended = true;
    this.queue.flush();
    this.forget();
  }

  /** The link is gone by itself. */
  finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.forget();
  }

  private hold(frame: Encoded): void {
    this.waiting?.push(frame);
    this.waitingBytes += frame.bytes;
    if (this.waitingBytes > MAX_OWED_BYTES) this.end(4450);
  }

  private forget(): void {
    this.waiting = null;
    this.queue.drop();
    this.onEnd?.(this);
  }
}
