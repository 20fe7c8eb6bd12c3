/** Receivers served in one go: some milliseconds of work. */
const SLICE = 250;

type Crowd<T> = Iterable<T> & { readonly size: number };

interface Pass<T> {
  readonly crowd: Crowd<T>;
  readonly gives: ((receiver: T) => void)[];
  /** Undefined until it has begun. */
  receivers: Iterator<T> | undefined;
}

/**
 * Serves crowds in slices, so that the answers of others do not wait behind a large room. Under one key everything keeps
 * its order: what comes later waits until the crowd before it is served. What waits for the same crowd is given to each
 * receiver in one go, and leaves in one write.
 */
export class Slices<T> {
  private readonly passes = new Map<string, Pass<T>[]>();

  /** Who joins the crowd meanwhile may be served as well. */
  serve(key: string, crowd: Crowd<T>, give: (receiver: T) => void): void {
    const waiting = this.passes.get(key);
    if (waiting) wait(waiting, crowd, give);
    else if (crowd.size <= SLICE) for (const receiver of crowd) give(receiver);
    else {
      this.passes.set(key, [{ crowd, gives: [give], receivers: undefined }]);
      setImmediate(() => this.slice(key));
    }
  }

  /** The more waits, the larger the slices, so that a busy room catches up. */
  private slice(key: string): void {
    const waiting = this.passes.get(key) ?? [];
    let left = SLICE * waiting.length;
    for (let pass = waiting[0]; pass && left > 0; pass = waiting[0]) {
      left = advance(pass, left);
      if (left > 0) waiting.shift();
    }
    if (waiting.length === 0) this.passes.delete(key);
    else setImmediate(() => this.slice(key));
  }
}

function wait<T>(waiting: Pass<T>[], crowd: Crowd<T>, give: (receiver: T) => void): void {
  const last = waiting.at(-1);
  if (last && last.crowd === crowd && !last.receivers) last.gives.push(give);
  else waiting.push({ crowd, gives: [give], receivers: undefined });
}

/** How many of the allowance are left; more than none only when everybody has been served. */
function advance<T>(pass: Pass<T>, allowance: number): number {
  pass.receivers ??= pass.crowd[Symbol.iterator]();
  for (let left = allowance; left > 0; left--) {
    const { done, value } = pass.receivers.next();
    if (done) return left;
    for (const give of pass.gives) give(value);
  }
  return 0;
}
