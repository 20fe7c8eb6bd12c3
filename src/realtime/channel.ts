import { type Encoded, encode } from './encoded.js';
import type { LogSlice } from './log.js';
import type { Session } from './session.js';

/** How long a frame that came too early waits for the ones before it. */
const HOLD_MS = 100;
const RETRY_MS = 1_000;

/** Frames that bring a member's position to `upTo`: one live frame, or a bracketed catch-up. */
interface Step {
  readonly upTo: number;
  readonly frames: readonly Encoded[];
}

interface Member {
  /** Null while its own catch-up is being read; what passes meanwhile waits in `missed`. */
  position: number | null;
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
  /** The last number that went out in order. Null until the first member has read the log. */
  private position: number | null = null;
  private filling = false;
  /** The last reading failed: the hole is still there, also when nothing is held. */
  private behind = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(id: string, ports: ChannelPorts) {
    this.id = id;
    this.ports = ports;
  }

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  /** To be called before the session's catch-up is read, so that nothing falls between the two. */
  join(session: Session): void {
    this.members.set(session, { position: null, missed: [] });
  }

  leave(session: Session): void {
    this.members.delete(session);
    if (this.isEmpty) clearTimeout(this.timer);
  }

  /** The session holds everything up to `position`; from now on it gets what follows. */
  start(session: Session, position: number): void {
    const member = this.members.get(session);
    if (!member) return;
    const { missed } = member;
    member.position = position;
    member.missed = [];
    for (const step of missed) this.give(session, member, step);
    if (this.position === null || this.position < position) this.advance(position);
  }

  /** Sessions that have caught up: the receivers of what is not durable. */
  *present(): Generator<Session> {
    for (const [session, { position }] of this.members) if (position !== null) yield session;
  }

  deliver(frame: Encoded, changeSeq: number): void {
    if (this.position !== null && changeSeq <= this.position) return;
    this.held.set(changeSeq, frame);
    this.drain();
    if (this.held.size > 0 && this.position !== null) this.arm(HOLD_MS);
  }

  /** The database says that the conversation has come this far; reads what no hint brought. */
  reach(head: number): void {
    if (this.position !== null && this.position < head) void this.fill();
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
      this.emit({ upTo: this.position, frames: [frame] });
    }
  }

  private advance(position: number): void {
    this.position = position;
    for (const changeSeq of this.held.keys())
      if (changeSeq <= position) this.held.delete(changeSeq);
    this.drain();
    if (this.held.size > 0) this.arm(HOLD_MS);
  }

  private emit(step: Step): void {
    for (const [session, member] of this.members) {
      if (member.position === null) member.missed.push(step);
      else this.give(session, member, step);
    }
  }

  private give(session: Session, member: Member, step: Step): void {
    if (member.position === null || step.upTo <= member.position) return;
    member.position = step.upTo;
    for (const frame of step.frames) session.push(frame);
  }

  private arm(delayMs: number): void {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.held.size > 0 || this.behind) void this.fill();
    }, delayMs);
    this.timer.unref();
  }

  /** One reading at a time, shared by all members. */
  private async fill(): Promise<void> {
    if (this.filling || this.position === null || this.isEmpty) return;
    this.filling = true;
    try {
      this.apply(this.position, await this.ports.read(this.id, this.position));
    } catch {
      this.behind = true;
      this.arm(RETRY_MS);
    } finally {
      this.filling = false;
    }
  }

  private apply(from: number, slice: LogSlice | null): void {
    this.behind = false;
    if (!slice) return this.endAll(4410);
    if (slice.overflow || slice.head < from) return this.endAll(4451);
    if (this.position === null || slice.head <= this.position) return;
    this.emit({ upTo: slice.head, frames: this.bracket(this.position, slice) });
    this.advance(slice.head);
  }

  private bracket(from: number, slice: LogSlice): Encoded[] {
    const replay = { type: 'replay', conversationId: this.id, from, to: slice.head } as const;
    return [
      encode({ ...replay, done: false }),
      ...slice.frames.map((frame) => encode(frame)),
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

  leave(session: Session, conversationId: string): void {
    const channel = this.byConversation.get(conversationId);
    channel?.leave(session);
    if (channel?.isEmpty) this.byConversation.delete(conversationId);
  }
}
