import type { DurableFrame, FrameOf } from '@protocol/frames';
import type { Message } from '@protocol/resources/message';

/** What became certain: states to apply, in order, and those messages among them that are new. */
export interface Delivery {
  readonly frames: readonly DurableFrame[];
  readonly fresh: readonly Message[];
}

const NOTHING: Delivery = { frames: [], fresh: [] };
const RANK = { conversation: 0, participant: 1, message: 2 } as const;

const keyOf = (frame: DurableFrame) =>
  frame.type === 'message'
    ? `m${frame.seq}`
    : frame.type === 'participant'
      ? `p${frame.userId}`
      : 'c';
const seqOf = (frame: DurableFrame) => (frame.type === 'message' ? frame.seq : 0);

export function messageOf({ type, ...message }: FrameOf<'message'>): Message {
  return message;
}

/** Each thing once, with its newest state, in the order in which a catch-up sends them. */
function settled(rows: readonly DurableFrame[]): DurableFrame[] {
  const newest = new Map<string, DurableFrame>();
  for (const row of rows) {
    const known = newest.get(keyOf(row));
    if (known === undefined || known.changeSeq < row.changeSeq) newest.set(keyOf(row), row);
  }
  return [...newest.values()].sort((a, b) => RANK[a.type] - RANK[b.type] || seqOf(a) - seqOf(b));
}

/**
 * The place of this client in the changes of one conversation. It moves by a live frame with the next number, or by
 * the end of a catch-up, and in no other way; so what was delivered is always everything up to it.
 */
export class Track {
  position: number;
  /** The newest number known to exist. */
  head: number;
  /** Messages up to this one were delivered as new, or were there before. */
  private announced: number;
  /** Live frames beyond the position; null where a change is not for this client to see. */
  private held = new Map<number, DurableFrame | null>();
  private replay: { from: number; to: number; rows: DurableFrame[] } | null = null;

  constructor(position: number) {
    this.position = position;
    this.head = position;
    this.announced = position;
  }

  get isBehind(): boolean {
    return this.head > this.position;
  }

  live(frame: DurableFrame): Delivery {
    if (frame.changeSeq <= this.position) return NOTHING;
    this.head = Math.max(this.head, frame.changeSeq);
    if (this.replay !== null && frame.changeSeq <= this.replay.to) {
      this.replay.rows.push(frame);
      return NOTHING;
    }
    this.held.set(frame.changeSeq, frame);
    return this.replay === null ? this.deliver([]) : NOTHING;
  }

  /** A `replay` frame. `closed` tells whether it ended a catch-up, which makes the state certain. */
  bracket(frame: FrameOf<'replay'>): Delivery & { readonly closed: boolean } {
    const { from, to, done } = frame;
    if (!done) {
      this.replay = { from, to, rows: [] };
      return { ...NOTHING, closed: false };
    }
    const isEnd = this.replay?.from === from && this.replay.to === to;
    return isEnd ? { ...this.close(), closed: true } : { ...this.skip(from, to), closed: false };
  }

  /** The connection ended: what was not certain has to come again. */
  interrupt(): void {
    this.replay = null;
    this.held.clear();
  }

  /** Something was read as it was at `to`: what changed since has to come again. */
  rewind(to: number): void {
    this.position = Math.min(this.position, to);
  }

  /** Pages read by REST stand for a catch-up up to `to`. */
  jump(from: number, to: number, rows: readonly DurableFrame[]): Delivery {
    return this.deliver(rows, this.reach(from, to));
  }

  /** An interval moves the position only when nothing lies between the two. */
  private reach(from: number, to: number): number {
    return from <= this.position ? to : this.position;
  }

  private close(): Delivery {
    const { from, to, rows } = this.replay ?? { from: 0, to: 0, rows: [] };
    this.replay = null;
    // What was announced beyond `to` turned out not to exist, unless it is held here.
    this.head = Math.max(this.position, to, ...this.held.keys());
    return this.deliver(rows, this.reach(from, to));
  }

  /** An interval without anything to see, told in place of a live frame. */
  private skip(from: number, to: number): Delivery {
    if (to <= this.position) return NOTHING;
    this.head = Math.max(this.head, to);
    if (from <= this.position) return this.deliver([], to);
    if (to === from + 1) this.held.set(to, null);
    return NOTHING;
  }

  private deliver(rows: readonly DurableFrame[], to = this.position): Delivery {
    const frames = settled(rows);
    this.position = Math.max(this.position, to);
    for (const number of [...this.held.keys()]) {
      if (number <= this.position) this.held.delete(number);
    }
    for (let next = this.held.get(this.position + 1); next !== undefined; ) {
      this.position += 1;
      this.held.delete(this.position);
      if (next !== null) frames.push(next);
      next = this.held.get(this.position + 1);
    }
    this.head = Math.max(this.head, this.position);
    return frames.length === 0 ? NOTHING : { frames, fresh: this.announce(frames) };
  }

  private announce(frames: readonly DurableFrame[]): Message[] {
    const fresh: Message[] = [];
    for (const frame of frames) {
      if (frame.type !== 'message' || frame.seq <= this.announced) continue;
      this.announced = frame.seq;
      fresh.push(messageOf(frame));
    }
    return fresh;
  }
}
