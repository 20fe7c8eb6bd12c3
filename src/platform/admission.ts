import { callerAt } from './address.js';
import { createCache } from './cache.js';
import type { Clock } from './clock.js';
import { AppError } from './errors.js';
import { overloaded, soon } from './overload.js';
import { TokenBucket } from './token-bucket.js';

/** Up to this lag the node takes all that it may, beyond it in proportion less. */
const EASY_LAG_MS = 50;
const LEAST_SHARE = 0.05;
const REMEMBERED = 100_000;
/** Within this time whoever was refused asks why: at once, but a storm may keep the question waiting. */
const RECALL_MS = 10_000;

export interface AdmissionOptions {
  /** Connections that one address may open, and that all together may. */
  readonly perAddressPerSecond: number;
  readonly perSecond: number;
  /** The node is about to stop. */
  readonly isClosed: () => boolean;
  readonly clock: Clock;
  /** How late the event loop is. */
  readonly lagMs: () => number;
}

/**
 * Spreads a storm of connections: each costs a signature and often a look into the database, and ten thousand at once
 * would make all of them fail. Decided in the process, before anything else is done for the connection.
 */
export class Admission {
  private readonly options: AdmissionOptions;
  private readonly node: Turnstile;
  private readonly addresses = createCache<Turnstile>({ max: REMEMBERED });

  constructor(options: AdmissionOptions) {
    this.options = options;
    this.node = new Turnstile(options.perSecond, options.clock.now());
  }

  /** Throws `rate_limited` when the address opens too many connections, `overloaded` when all together do. */
  enter(address: string): void {
    const { perAddressPerSecond, perSecond, isClosed, clock, lagMs } = this.options;
    if (isClosed()) throw stopping();
    const now = clock.now();
    if (!this.turnstileOf(address, now).enter(perAddressPerSecond, now)) throw tooMany();
    const share = Math.max(LEAST_SHARE, Math.min(1, EASY_LAG_MS / lagMs()));
    if (!this.node.enter(perSecond * share, now)) throw overloaded();
  }

  /** Says again what was said lately, for browsers, which do not see why a connection was refused. Takes no place. */
  recall(address: string): void {
    const now = this.options.clock.now();
    if (this.addresses.get(callerAt(address))?.refusedLately(now)) throw tooMany();
    if (this.node.refusedLately(now)) throw overloaded();
  }

  private turnstileOf(address: string, now: number): Turnstile {
    const caller = callerAt(address);
    const known = this.addresses.get(caller);
    if (known) return known;
    const turnstile = new Turnstile(this.options.perAddressPerSecond, now);
    this.addresses.set(caller, turnstile);
    return turnstile;
  }
}

class Turnstile {
  private readonly bucket: TokenBucket;
  private refusedAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, now: number) {
    this.bucket = new TokenBucket(perSecond, now);
  }

  enter(perSecond: number, now: number): boolean {
    const isOpen = this.bucket.take(1, perSecond, Math.max(1, perSecond), now) === 0;
    if (!isOpen) this.refusedAt = now;
    return isOpen;
  }

  refusedLately(now: number): boolean {
    return now - this.refusedAt < RECALL_MS;
  }
}

/** Another node takes the next attempt. */
function stopping(): AppError {
  return new AppError('unavailable', 'This node is about to stop. Connect again.', {
    retryAfterMs: 1_000,
  });
}

function tooMany(): AppError {
  return new AppError(
    'rate_limited',
    'Too many connections are being opened from this address. Wait before the next one.',
    { retryAfterMs: soon() },
  );
}
