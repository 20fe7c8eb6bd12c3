/** Receivers served in one go: some milliseconds of work. */
const SLICE = 250;

interface Run<T> {
  readonly receivers: Iterator<T>;
  readonly give: (receiver: T) => void;
}

/**
 * Serves crowds in slices, so that the answers of others do not wait behind a large room. Under one key everything keeps
 * its order: what comes later waits until the crowd before it is served.
 */
export class Slices<T> {
  private readonly runs = new Map<string, Run<T>[]>();

  /** Who joins the crowd meanwhile may be served as well. */
  serve(key: string, receivers: Iterable<T> & { size: number }, give: (receiver: T) => void): void {
    const waiting = this.runs.get(key);
    if (!waiting && receivers.size <= SLICE) {
      for (const receiver of receivers) give(receiver);
      return;
    }
    const run = { receivers: receivers[Symbol.iterator](), give };
    if (waiting) {
      waiting.push(run);
      return;
    }
    this.runs.set(key, [run]);
    this.slice(key);
  }

  /** The more waits, the larger the slices, so that a busy room catches up. */
  private slice(key: string): void {
    const waiting = this.runs.get(key) ?? [];
    let left = SLICE * waiting.length;
    for (let run = waiting[0]; run && left > 0; run = waiting[0]) {
      left = advance(run, left);
      if (left > 0) waiting.shift();
    }
    if (waiting.length === 0) this.runs.delete(key);
    else setImmediate(() => this.slice(key));
  }
}

/** How many of the allowance are left; more than none only when everybody has been served. */
function advance<T>({ receivers, give }: Run<T>, allowance: number): number {
  for (let left = allowance; left > 0; left--) {
    const { done, value } = receivers.next();
    if (done) return left;
    give(value);
  }
  return 0;
}
