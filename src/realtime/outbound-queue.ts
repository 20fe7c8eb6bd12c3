import type { Encoded } from './encoded.js';
import type { Link } from './session.js';

/** What one peer may owe before it is a slow consumer. */
export const MAX_BACKLOG_BYTES = 1 << 20;
/** Above this, frames that nobody misses are dropped. */
const EPHEMERAL_BACKLOG_BYTES = 1 << 18;

/** Gathers the frames of one turn of the event loop into one write, and notices a peer that does not read. */
export class OutboundQueue {
  private readonly link: Link;
  private readonly onSlow: () => void;
  private batch: Encoded[] = [];
  private readonly flushLater = () => this.flush();

  constructor(link: Link, onSlow: () => void) {
    this.link = link;
    this.onSlow = onSlow;
  }

  add(frame: Encoded): void {
    if (frame.ephemeral && this.link.backlog > EPHEMERAL_BACKLOG_BYTES) return;
    if (this.batch.push(frame) === 1) queueMicrotask(this.flushLater);
  }

  flush(): void {
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    this.link.write(batch);
    if (this.link.backlog > MAX_BACKLOG_BYTES) this.onSlow();
  }
}
