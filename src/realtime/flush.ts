/** What gathers frames until it is told to write them. */
export interface Flushable {
  flush(): void;
}

/** When queues are flushed: the later, the more frames leave in one write. */
export interface Lane {
  /** A queue is in the lane of its frame that has the fewest receivers. */
  readonly rank: number;
  add(queue: Flushable): void;
}

/** Up to so many receivers on a node a frame waits for nobody. */
const FEW = 20;
/** Receivers that are written to in one go: some milliseconds of work. */
const SLICE = 250;
/** After its writes a lane rests for so many times as long as they took, so that what comes meanwhile shares the next. */
const REST = 3;
const MAX_REST_MS = 15;

/**
 * At the end of the turn of the event loop, when all that was ready has been read: an acknowledgement shares the write
 * of what was published just before, and so do messages whose commits came together.
 */
class EndOfTurn implements Lane {
  readonly rank = 0;
  private due: Flushable[] = [];
  private readonly flush = () => {
    const queues = this.due;
    this.due = [];
    for (const queue of queues) queue.flush();
  };

  add(queue: Flushable): void {
    if (this.due.push(queue) === 1) setImmediate(this.flush);
  }
}

/** In rounds of slices, between which others are served. A lone frame goes out at the end of its turn as well. */
class Rounds implements Lane {
  readonly rank: number;
  private due: Flushable[] = [];
  private round: Flushable[] = [];
  private served = 0;
  private spentMs = 0;
  private restUntil = 0;

  constructor(rank: number) {
    this.rank = rank;
  }

  add(queue: Flushable): void {
    if (this.due.push(queue) === 1 && this.round.length === 0) this.plan();
  }

  private plan(): void {
    const rest = this.restUntil - performance.now();
    if (rest < 1) setImmediate(() => this.begin());
    else setTimeout(() => this.begin(), rest);
  }

  private begin(): void {
    this.round = this.due;
    this.due = [];
    this.slice();
  }

  private slice(): void {
    const { round } = this;
    const begun = performance.now();
    const end = Math.min(round.length, this.served + SLICE);
    while (this.served < end) round[this.served++]?.flush();
    this.spentMs += performance.now() - begun;
    if (end < round.length) setImmediate(() => this.slice());
    else this.end();
  }

  private end(): void {
    this.restUntil = performance.now() + Math.min(REST * this.spentMs, MAX_REST_MS);
    this.round = [];
    this.served = 0;
    this.spentMs = 0;
    if (this.due.length > 0) this.plan();
  }
}

export const endOfTurn: Lane = new EndOfTurn();
const rooms = new Rounds(1);
const crowds = new Rounds(2);

/** Rooms do not wait behind crowds, and nobody waits behind either. */
export function laneFor(receivers: number): Lane {
  if (receivers <= FEW) return endOfTurn;
  return receivers <= SLICE ? rooms : crowds;
}
