import type { Logger } from '../platform/logger.js';

/** A lease outlives this many renewals that do not happen. */
const LIVES = 3;

export interface LeaseStore {
  /** Renews the lease of a node by the database's clock; answers how many live nodes it shares no bus with. */
  renew(lease: {
    readonly id: string;
    readonly sharesBus: boolean;
    readonly ttlMs: number;
  }): Promise<number>;
  release(id: string): Promise<void>;
}

export interface LeasePorts {
  readonly store: LeaseStore;
  readonly id: string;
  readonly sharesBus: boolean;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** There are live nodes on the same database whose hints cannot arrive here; or no more. */
  changed(isApart: boolean): void;
}

/** A node's sign of life in PostgreSQL: shows nodes that lack the common Redis by mistake. */
export class Lease {
  private readonly ports: LeasePorts;
  private isApart = false;
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> = Promise.resolve();

  constructor(ports: LeasePorts) {
    this.ports = ports;
  }

  async start(): Promise<void> {
    const turn = () => {
      this.renewing = this.renew();
      return this.renewing;
    };
    this.timer = setInterval(() => void turn(), this.ports.intervalMs).unref();
    await turn();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing;
    const { store, id } = this.ports;
    // It runs out by itself when the database is away.
    await store.release(id).catch(() => {});
  }

  private async renew(): Promise<void> {
    const { store, id, sharesBus, intervalMs, logger } = this.ports;
    try {
      const apart = await store.renew({ id, sharesBus, ttlMs: LIVES * intervalMs });
      this.judge(apart > 0);
    } catch (error) {
      logger.warn({ err: { message: (error as Error).message } }, 'lease not renewed');
    }
  }

  private judge(isApart: boolean): void {
    if (isApart === this.isApart) return;
    this.isApart = isApart;
    const { logger, changed } = this.ports;
    if (isApart)
      logger.error(
        'another node uses this database without the same Redis: set REDIS_URL on all nodes',
      );
    else logger.info('all nodes share Redis, or this one is alone');
    changed(isApart);
  }
}
