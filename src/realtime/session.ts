import { CLOSE_CODES, type CloseCode } from '../protocol/close-codes.js';
import type { Frame } from '../protocol/frames.js';
import type { Caller } from './caller.js';
import { type Encoded, encode } from './encoded.js';
import { OutboundQueue } from './outbound-queue.js';
import type { Topic } from './topics.js';

/** The far end of a session. Writing never blocks; what the peer has not taken yet counts in `backlog`. */
export interface Link {
  write(batch: readonly Encoded[]): void;
  /** Bytes accepted for the peer and not yet handed to the network. */
  readonly backlog: number;
  close(code: CloseCode, reason: string): void;
  /** Whether the peer answers pings over this link. */
  readonly answersPings: boolean;
  /** Keeps proxies from taking a silent stream for a dead one. */
  beat?(): void;
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
  readonly conversationId: string | null;
  readonly topics = new Set<Topic>();
  caller: Caller;
  /** When the peer was last heard, and last asked, in milliseconds since the epoch. */
  heardAt = 0;
  pingedAt = 0;
  /** When the peer is to be told that its token ends. */
  noticeAt = Number.POSITIVE_INFINITY;
  /** Place in the user's own stream up to which nothing is missing; null on a conversation session. */
  userPosition: number | null = null;
  /** Called once, when the session has ended. */
  onEnd: (() => void) | undefined;
  private readonly link: Link;
  private readonly queue: OutboundQueue;
  /** Frames that arrive before the session is live wait here, so that `ready` and the catch-up come first. */
  private waiting: Encoded[] | null = [];
  private ended = false;

  constructor({ id, caller, conversationId, link }: SessionSpec) {
    this.id = id;
    this.caller = caller;
    this.conversationId = conversationId;
    this.link = link;
    this.queue = new OutboundQueue(link, () => this.end(4450));
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

  beat(): void {
    if (!this.ended) this.link.beat?.();
  }

  /** A frame from the fan-out; held back until the session is live. */
  push(frame: Encoded): void {
    if (this.ended) return;
    if (this.waiting) this.waiting.push(frame);
    else this.queue.add(frame);
  }

  /** A frame of the user's own stream. A gap stops the position, so that a resume brings what is missing. */
  pushOwn(frame: Encoded, userSeq: number): void {
    if (this.userPosition !== null && userSeq === this.userPosition + 1)
      this.userPosition = userSeq;
    this.push(frame);
  }

  /** A frame that belongs to the conversation with this peer: `ready`, a catch-up, an answer. Never held back. */
  reply(frame: Encoded): void {
    if (!this.ended) this.queue.add(frame);
  }

  send(frame: Frame): void {
    this.reply(encode(frame));
  }

  /** Ends the opening: what waited goes out, in order. */
  goLive(): void {
    const waited = this.waiting;
    this.waiting = null;
    if (waited) for (const frame of waited) this.push(frame);
  }

  end(code: CloseCode): void {
    if (this.ended) return;
    this.ended = true;
    this.queue.flush();
    this.link.close(code, CLOSE_CODES[code].reason);
    this.forget();
  }

  /** The link is gone by itself. */
  finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.forget();
  }

  private forget(): void {
    this.waiting = null;
    this.onEnd?.();
  }
}
