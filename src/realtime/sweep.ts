import { setTimeout as wait } from 'node:timers/promises';
import { createCache } from '../platform/cache.js';
import type { Logger } from '../platform/logger.js';
import type { Channels } from './channel.js';
import { encode } from './encoded.js';
import type { Hub } from './hub.js';
import type { Intervals } from './intervals.js';
import type {
  ChangedConversation,
  ConversationHead,
  ConversationLog,
  Moment,
  UserLog,
} from './log.js';
import { fillOwn, sessionsBehind } from './own-stream.js';
import type { Session } from './session.js';

/** Reads this much again: longer than any statement may run, so that a late commit is not missed. */
const OVERLAP_MS = 10_000;
/** Younger changes have their hints still on the way. */
const SETTLE_MS = 500;
const REMEMBERED = 100_000;
/** Rows in memory at a time, whatever an outage has left behind. */
const PAGE = 1_000;
const MAX_HEADS = 200;

/** Why hints of other nodes may not arrive. */
export type Doubt = 'no bus' | 'bus down';

export interface SweepPorts {
  readonly log: ConversationLog;
  readonly users: UserLog;
  readonly channels: Channels;
  readonly logger: Logger;
  readonly intervals: Pick<Intervals, 'sweepMs' | 'degradedSweepMs'>;
  /** The database is another one than before: positions of all sessions are in doubt. */
  onEpochChange(): void;
}

/**
 * Finds what no hint announced: compares the heads that PostgreSQL has with those heard of on this node. Lost
 * publishes, lost tails and an absent Redis all heal here. Costs activity, not open conversations.
 */
export class Sweep {
  epoch = '';
  /** Database time up to which every change was heard of or found. */
  sweptUntil = 0;
  private written = 0;
  private readonly ports: SweepPorts;
  private readonly seen = createCache<number>({ max: REMEMBERED });
  private readonly doubts = new Set<Doubt>();
  private hub: Hub | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running = Promise.resolve();
  private next: Promise<void> | undefined;
  /** Hints of the last moments may be lost as well: the next sweep does not wait for them. */
  private isThorough = false;
  private isFailing = false;
  private isStopped = false;

  constructor(ports: SweepPorts) {
    this.ports = ports;
  }

  /** What keeps hints from arriving, if anything does. */
  get degraded(): Doubt | undefined {
    return [...this.doubts][0];
  }

  async start(hub: Hub): Promise<void> {
    this.hub = hub;
    const { epoch, now, written } = await this.ports.log.moment();
    this.epoch = epoch;
    this.sweptUntil = now;
    this.written = written;
    this.schedule();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  heard(conversationId: string, changeSeq: number): void {
    if ((this.seen.get(conversationId) ?? 0) < changeSeq) this.seen.set(conversationId, changeSeq);
  }

  /** Sweeps more often while there is a doubt, and at once when one comes or goes. */
  doubt(reason: Doubt, exists: boolean): void {
    if (exists) this.doubts.add(reason);
    else this.doubts.delete(reason);
    this.isThorough = true;
    if (this.hub && !this.isStopped) void this.run();
  }

  /** One at a time; whoever asks during one gets another after it. */
  run(): Promise<void> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      return this.attempt();
    });
    this.running = this.next;
    return this.next;
  }

  private async attempt(): Promise<void> {
    clearTimeout(this.timer);
    const { logger } = this.ports;
    try {
      await this.sweep();
      if (this.isFailing) logger.info('sweeps succeed again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing)
        logger.warn({ err: { message: (error as Error).message } }, 'sweep failed');
      this.isFailing = true;
    }
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    const { sweepMs, degradedSweepMs } = this.ports.intervals;
    const delayMs = this.doubts.size > 0 ? degradedSweepMs : sweepMs;
    this.timer = setTimeout(() => void this.run(), delayMs).unref();
  }

  private async sweep(): Promise<void> {
    const { log } = this.ports;
    const moment = await log.moment();
    await this.compareHistories(moment);
    const { now } = moment;
    const settleMs = this.isThorough || this.doubts.size > 0 ? 0 : SETTLE_MS;
    this.isThorough = false;
    const until = now - settleMs;
    // While hints are missing no change is too young: a conversation that changes all the time would never be old enough.
    const upTo = settleMs > 0 ? until : now + OVERLAP_MS;
    await this.sweepConversations(this.sweptUntil - OVERLAP_MS, upTo);
    this.sweptUntil = Math.max(this.sweptUntil, until);
    await this.sweepOwnStreams(settleMs);
  }

  private async sweepConversations(since: number, until: number): Promise<void> {
    const { log } = this.ports;
    let after: { changedAt: number; id: string | null } = { changedAt: since, id: null };
    for (;;) {
      const page = await log.changed(after, until, PAGE);
      const unheard = page.filter((head) => this.isUnheard(head));
      if (unheard.length > 0) this.announce(await log.addressed(unheard));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last;
    }
  }

  private isUnheard({ id, lastSeq }: ConversationHead): boolean {
    return (this.seen.get(id) ?? 0) < lastSeq;
  }

  private announce(conversations: readonly ChangedConversation[]): void {
    const heads = new Map<Session, ConversationHead[]>();
    for (const { id, lastSeq, topics } of conversations) {
      if (!this.isUnheard({ id, lastSeq })) continue;
      this.seen.set(id, lastSeq);
      this.ports.channels.get(id)?.reach(lastSeq);
      for (const session of this.hub?.at(topics) ?? []) {
        const list = heads.get(session);
        if (list) list.push({ id, lastSeq });
        else heads.set(session, [{ id, lastSeq }]);
      }
    }
    for (const [session, list] of heads) tell(session, list);
  }

  /** A mark or a membership raises no number of a conversation, so its lost hint is found by the user's counter. */
  private async sweepOwnStreams(settleMs: number): Promise<void> {
    const { users } = this.ports;
    if (!this.hub) return;
    const behind = await sessionsBehind(this.hub, users);
    if (behind.length === 0) return;
    if (settleMs > 0) await wait(settleMs);
    for (const session of behind) await fillOwn(session, users);
  }

  /** A standby that took over has another epoch by itself; a backup put back shows only in that less has been written. */
  private async compareHistories({ epoch, now, written }: Moment): Promise<void> {
    const isRewound = epoch === this.epoch && written < this.written;
    const present = isRewound ? await this.ports.log.beginHistory(epoch) : epoch;
    if (present !== this.epoch) this.beginAnew(present, now);
    this.written = written;
  }

  private beginAnew(epoch: string, now: number): void {
    this.ports.logger.error(
      { from: this.epoch, to: epoch },
      'the database is another one than before, or an older copy of it',
    );
    this.epoch = epoch;
    this.sweptUntil = now;
    this.seen.clear();
    this.ports.onEpochChange();
  }
}

function tell(session: Session, heads: readonly ConversationHead[]): void {
  const more = heads.length > MAX_HEADS;
  const frame = { type: 'ping', heads: heads.slice(0, MAX_HEADS) } as const;
  session.push(encode(more ? { ...frame, more } : frame));
}
