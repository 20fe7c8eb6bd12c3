import { LRUCache } from 'lru-cache';
import type { Logger } from '../platform/logger.js';
import type { Channels } from './channel.js';
import type { Hub } from './hub.js';
import type { ChangedConversation, ConversationLog } from './log.js';

const SWEEP_MS = 5_000;
/** Reads this much again: longer than any transaction lasts, so that a late commit is not missed. */
const OVERLAP_MS = 10_000;
/** Younger changes have their hints still on the way. */
const SETTLE_MS = 500;
const REMEMBERED = 100_000;

export interface SweepPorts {
  readonly log: ConversationLog;
  readonly channels: Channels;
  readonly logger: Logger;
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
  private readonly ports: SweepPorts;
  private readonly seen = new LRUCache<string, number>({ max: REMEMBERED });
  private hub: Hub | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running = Promise.resolve();

  constructor(ports: SweepPorts) {
    this.ports = ports;
  }

  async start(hub: Hub): Promise<void> {
    this.hub = hub;
    this.epoch = await this.ports.log.epoch();
    this.sweptUntil = await this.ports.log.now();
    this.timer = setInterval(() => void this.run(), SWEEP_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  heard(conversationId: string, changeSeq: number): void {
    if ((this.seen.get(conversationId) ?? 0) < changeSeq) this.seen.set(conversationId, changeSeq);
  }

  run(): Promise<void> {
    this.running = this.running
      .then(() => this.sweep())
      .catch((error: Error) => {
        this.ports.logger.warn({ err: { message: error.message } }, 'sweep failed');
      });
    return this.running;
  }

  private async sweep(): Promise<void> {
    const { log } = this.ports;
    this.checkEpoch(await log.epoch());
    const until = (await log.now()) - SETTLE_MS;
    const changed = await log.changed(this.sweptUntil - OVERLAP_MS, until);
    for (const conversation of changed) this.compare(conversation);
    this.sweptUntil = Math.max(this.sweptUntil, until);
  }

  private compare({ id, lastSeq, topics }: ChangedConversation): void {
    if ((this.seen.get(id) ?? 0) >= lastSeq) return;
    this.seen.set(id, lastSeq);
    this.ports.channels.get(id)?.reach(lastSeq);
    for (const session of this.hub?.at(topics) ?? []) {
      session.send({ type: 'ping', heads: [{ id, lastSeq }] });
    }
  }

  private checkEpoch(epoch: string): void {
    if (epoch === this.epoch) return;
    this.ports.logger.error(
      { from: this.epoch, to: epoch },
      'the database is another one than before',
    );
    this.epoch = epoch;
    this.seen.clear();
    this.ports.onEpochChange();
  }
}
