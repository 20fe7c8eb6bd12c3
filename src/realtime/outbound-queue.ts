import type { Encoded } from './encoded.js';
import type { Lane } from './flush.js';
import type { Link, Session } from './session.js';

/** What one peer may owe before it is a slow consumer. */
export const MAX_OWED_BYTES = 1 << 20;
/** Above this, frames that nobody misses are dropped. */
const EPHEMERAL_OWED_BYTES = 1 << 18;
/** How long a peer may owe something without taking any of it. */
const STALL_MS = 15_000;
/**
 * Of one write. The rest waits here, where frames are shared with other sessions, and not as a copy in the buffers of
 * a socket; and a write this small shows within `STALL_MS` whether a peer of more than 1.1 kB/s is still reading.
 */
const WRITE_BYTES = 16_384;

const NOTHING: Encoded[] = [];

/** Gathers what its session gets until it is flushed into one write, and notices a peer that does not read. */
export class OutboundQueue {
  private readonly link: Link;
  private readonly session: Pick<Session, 'end'>;
  private frames = NOTHING;
  private bytes = 0;
  /** The link takes no more until it has drained. */
  private isFull = false;
  /** What the peer had taken when it was seen to owe something; null while it owes nothing. */
  private stuck: { taken: number; since: number } | null = null;
  private drainers: (() => void)[] | null = null;
  /** Where it waits to be flushed. */
  private lane: Lane | null = null;

  constructor(link: Link, session: Pick<Session, 'end'>) {
    this.link = link;
    this.session = session;
  }

  private get owed(): number {
    return this.bytes + this.link.backlog;
  }

  add(frame: Encoded, lane: Lane): void {
    if (frame.ephemeral && this.owed > EPHEMERAL_OWED_BYTES) return;
    this.bytes += frame.bytes;
    if (this.frames.length > 0) this.frames.push(frame);
    else this.frames = [frame];
    if (this.isFull) this.judge();
    else if (this.lane === null || lane.rank < this.lane.rank) {
      this.lane = lane;
      lane.add(this);
    }
  }

  flush(): void {
    this.lane = null;
    while (!this.isFull && this.frames.length > 0) {
      this.isFull = !this.link.write(this.take());
      if (this.isFull) this.link.onceDrained(() => this.drain());
    }
    this.judge();
  }

  /** Resolves when the peer has taken what there was, or never will. */
  drained(): Promise<void> {
    this.flush();
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => {
      this.drainers = [...(this.drainers ?? []), resolve];
    });
  }

  /** To be asked every few seconds: whether the peer has owed something all the time, and taken nothing. */
  isStalled(now: number): boolean {
    const { backlog, taken } = this.link;
    if (backlog === 0) this.stuck = null;
    else if (this.stuck?.taken !== taken) this.stuck = { taken, since: now };
    return this.stuck !== null && now - this.stuck.since >= STALL_MS;
  }

  /** Nothing will be written any more. */
  drop(): void {
    this.frames = NOTHING;
    this.bytes = 0;
    this.release();
  }

  private drain(): void {
    this.isFull = false;
    this.flush();
    if (!this.isFull) this.release();
  }

  private release(): void {
    for (const resolve of this.drainers ?? []) resolve();
    this.drainers = null;
  }

  private judge(): void {
    if (this.owed > MAX_OWED_BYTES) this.session.end(4450);
  }

  /** As many frames as fit into one write, and at least one. */
  private take(): Encoded[] {
    const { frames } = this;
    if (this.bytes > WRITE_BYTES && frames.length > 1) return this.takeSome();
    this.frames = NOTHING;
    this.bytes = 0;
    return frames;
  }

  private takeSome(): Encoded[] {
    const { frames } = this;
    let count = 0;
    let size = 0;
    while (
      count < frames.length &&
      (count === 0 || size + (frames[count]?.bytes ?? 0) <= WRITE_BYTES)
    )
      size += frames[count++]?.bytes ?? 0;
    this.bytes -= size;
    return frames.splice(0, count);
  }
}
