import { createCache } from '../platform/cache.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import { TokenBucket } from '../platform/token-bucket.js';
import type { CommandType } from '../protocol/commands.js';

export interface FrameLimit {
  readonly burst: number;
  readonly perSecond: number;
}

/** A user's bucket that all nodes take from. */
export interface SharedLimit {
  /** Takes `spent` in any case, then `cost` if it is there: zero, or the milliseconds until it will be. */
  take(userId: string, cost: number, spent: number): Promise<number>;
}

export interface FrameLimitOptions {
  readonly limit: FrameLimit;
  readonly clock: Clock;
  /** Undefined: this node counts alone. */
  readonly shared: SharedLimit | undefined;
}

/** Throws `rate_limited`, or rejects with it when other nodes had to be asked, if the user sends too much. */
export type Charge = (type: CommandType, userId: string) => Promise<void> | undefined;

/** A message costs one; the rest is cheap, but not free. */
const COSTS: Partial<Record<CommandType, number>> = {
  message: 1,
  sync: 0.5,
  auth: 1,
  ping: 0.05,
  pong: 0,
};
const OTHER_COST = 0.1;
const MAX_USERS = 100_000;
/** Redis that did not answer is left alone for so long. */
const REST_MS = 2_000;

interface Account {
  readonly bucket: TokenBucket;
  /** What the other nodes do not know of yet. */
  spent: number;
}

/**
 * A token bucket per user and node, always in force. Whoever has used up half of it is charged to a bucket of all nodes
 * as well; while Redis is away, the one of the node is the insurance.
 */
export function createFrameLimit({ limit, clock, shared }: FrameLimitOptions): Charge {
  const { burst, perSecond } = limit;
  const accounts = createCache<Account>({ max: MAX_USERS });
  let restUntil = 0;

  const accountOf = (userId: string): Account => {
    const known = accounts.get(userId);
    if (known) return known;
    const account = { bucket: new TokenBucket(burst, clock.now()), spent: 0 };
    accounts.set(userId, account);
    return account;
  };
  const refuse = (retryAfterMs: number): never => {
    const message = `At most ${perSecond} messages a second are taken. Wait a moment.`;
    throw new AppError('rate_limited', message, { retryAfterMs });
  };
  const askOthers = async (by: SharedLimit, userId: string, account: Account, cost: number) => {
    const { spent } = account;
    account.spent = 0;
    const wait = await by.take(userId, cost, spent).catch(() => {
      restUntil = clock.now() + REST_MS;
      return 0;
    });
    if (wait === 0) return;
    account.bucket.tokens += cost;
    refuse(wait);
  };

  return (type, userId) => {
    const cost = COSTS[type] ?? OTHER_COST;
    // Whoever only answers pings leaves no trace.
    if (cost === 0) return undefined;
    const account = accountOf(userId);
    const wait = account.bucket.take(cost, perSecond, burst, clock.now());
    if (wait > 0) return refuse(wait);
    if (shared && cost > 0 && account.bucket.tokens < burst / 2 && clock.now() >= restUntil)
      return askOthers(shared, userId, account, cost);
    account.spent += shared ? cost : 0;
    return undefined;
  };
}
