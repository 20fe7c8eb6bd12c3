import { receiptFrames } from './catch-up.js';
import { type Encoded, encode } from './encoded.js';
import { endOfTurn, type Lane, laneFor } from './flush.js';
import type { LogSlice } from './log.js';
import type { Session } from './session.js';

/** How long a frame that came too early waits for the ones before it. */
const HOLD_MS = 100;
const RETRY_MS = 1_000;

/** Frames that bring a member from any place between to `upTo`: one live frame, or a bracketed catch-up. */
interface Step {
  readonly from: number;
  readonly upTo: number;
  readonly frames: readonly Encoded[];
}

interface Member {
  /** Null while its own catch-up is being read; what passes meanwhile waits in `missed`. */
  position: number | null;
  /** Where it stood before it asked to catch up again. */
  before: number | null;
  missed: Step[];
}

export interface ChannelPorts {
  /** Everything after a number; null when the conversation is gone. */
  read(conversationId: string, after: number): Promise<LogSlice | null>;
  cursorAt(position: number): string;
}

/**
 * Order and holes of one conversation on this node. What its members get is a FIFO without gap or repetition: a hint
 * that came twice is dropped, one that came early waits, one that never came is read from the log.
 */
export class Channel {
  private readonly id: string;
  private readonly ports: ChannelPorts;
  private readonly members = new Map<Session, Member>();
  private readonly held = new Map<number, Encoded>();
  /** Every caught-up member has what lies up to here. Null until the first of them has read the log. */
  private position: number | null = null;
  /** The highest number heard of: what lies between is on its way, or has to be read. */
  private known = 0;
  private filling = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(id: string, ports: ChannelPorts) {
    this.id = id;
    this.ports = ports;
  }

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  private get isBehind(): boolean {
    return this.position !== null && this.position < this.known;
  }

  /** To be called before the session's catch-up is read, so that nothing falls between the two. */
  join(session: Session): void {
    const member = this.members.get(session);
    if (!member) this.members.set(session, { position: null, before: null, missed: [] });
    else if (member.position !== null) {
      member.before = member.position;
      member.position = null;
    }
  }

  leave(session: Session): void {
    this.members.delete(session);
    if (!this.isEmpty) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The session holds everything up to `position`; from now on it gets what follows. */
  start(session: Session, position: number): void {
    const member = this.members.get(session);
    if (!member) return;
    const { missed } = member;
    member.position = Math.max(position, member.position ?? 0);
    member.missed = [];
    for (const step of missed) this.give(session, member, step, endOfTurn);
    this.known = Math.max(this.known, member.position);
    if (this.position === null) return this.advance(member.position);
    // The one may be ahead of what the others got, or behind it: they meet again by hints, or by a reading.
    this.position = Math.min(this.position, member.position);
    this.arm(HOLD_MS);
  }

  /** The catch-up could not be read: the session goes on from where it stood. False when it stood nowhere. */
  resume(session: Session): boolean {
    const before = this.members.get(session)?.before ?? null;
    if (before !== null) this.start(session, before);
    return before !== null;
  }

  /** Sessions that have caught up: the receivers of what is not durable. */
  *present(): Generator<Session> {
    for (const [session, { position }] of this.members) if (position !== null) yield session;
  }

  deliver(frame: Encoded, changeSeq: number): void {
    if (this.position !== null && changeSeq <= this.position) return;
    this.held.set(changeSeq, frame);
    this.known = Math.max(this.known, changeSeq);
    this.drain();
    this.arm(HOLD_MS);
  }

  /** The database says that the conversation has come this far; reads what no hint brought. */
  reach(head: number): void {
    this.known = Math.max(this.known, head);
    if (this.isBehind) void this.fill();
  }

  private drain(): void {
    if (this.position === null) return;
    for (
      let frame = this.held.get(this.position + 1);
      frame;
      frame = this.held.get(this.position + 1)
    ) {
      this.position += 1;
      this.held.delete(this.position);
      frame.conversationCursor ??= this.ports.cursorAt(this.position);
      this.emit({ from: this.position - 1, upTo: this.position, frames: [frame] });
    }
  }

  private advance(position: number): void {
    this.position = position;
    this.known = Math.max(this.known, position);
    for (const changeSeq of this.held.keys())
      if (changeSeq <= position) this.held.delete(changeSeq);
    this.drain();
    this.arm(HOLD_MS);
  }

  private emit(step: Step): void {
    const lane = laneFor(this.members.size);
    for (const [session, member] of this.members) {
      if (member.position === null) member.missed.push(step);
      else this.give(session, member, step, lane);
    }
  }

  private give(session: Session, member: Member, step: Step, lane: Lane): void {
    const { position } = member;
    if (position === null || step.upTo <= position || step.from > position) return;
    member.position = step.upTo;
    for (const frame of step.frames) session.push(frame, lane);
  }

  private arm(delayMs: number): void {
    if (this.timer || !this.isBehind || this.isEmpty) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isBehind) void this.fill();
    }, delayMs);
    this.timer.unref();
  }

  /** One reading at a time, shared by all members. */
  private async fill(): Promise<void> {
    if (this.filling || this.position === null || this.isEmpty) return;
    this.filling = true;
    let wait = HOLD_MS;
    try {
      this.apply(this.position, await this.ports.read(this.id, this.position));
    } catch {
      wait = RETRY_MS;
    }
    this.filling = false;
    this.arm(wait);
  }

  private apply(from: number, slice: LogSlice | null): void {
    if (!slice) return this.endAll(4410);
    if (slice.overflow || slice.head < from) return this.endAll(4451);
    // A member that began further back in the meantime needs more than this reading has.
    if (this.position === null || this.position < from || slice.head <= this.position) return;
    const { position } = this;
    this.emit({ from: position, upTo: slice.head, frames: this.bracket(position, slice) });
    this.advance(slice.head);
  }

  private bracket(from: number, slice: LogSlice): Encoded[] {
    const replay = { type: 'replay', conversationId: this.id, from, to: slice.head } as const;
    return [
      encode({ ...replay, done: false }),
      ...slice.frames.map((frame) => encode(frame)),
      ...[...receiptFrames(slice)].map((frame) => encode(frame)),
      encode({ ...replay, done: true }, this.ports.cursorAt(slice.head)),
    ];
  }

  private endAll(code: 4410 | 4451): void {
    for (const session of [...this.members.keys()]) session.end(code);
  }
}

/** The channels of conversations that a session of this node has open. */
export class Channels {
  private readonly byConversation = new Map<string, Channel>();
  private readonly ports: ChannelPorts;

  constructor(ports: ChannelPorts) {
    this.ports = ports;
  }

  get(conversationId: string): Channel | undefined {
    return this.byConversation.get(conversationId);
  }

  join(session: Session, conversationId: string): Channel {
    let channel = this.byConversation.get(conversationId);
    if (!channel) {
      channel = new Channel(conversationId, this.ports);
      this.byConversation.set(conversationId, channel);
    }
    channel.join(session);
    return channel;
  }

  resume(session: Session, conversationId: string): void {
    if (!this.byConversation.get(conversationId)?.resume(session))
      this.leave(session, conversationId);
  }

  leave(session: Session, conversationId: string): void {
    const channel = this.byConversation.get(conversationId);
    channel?.leave(session);
    if (channel?.isEmpty) this.byConversation.delete(conversationId);
  }
}
