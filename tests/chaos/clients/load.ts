import { createRandom, type Random } from '../random.js';
import type { Client } from './client.js';
import { PlainClient } from './plain-client.js';

const TICK_MS = 50;

export interface LoadOptions {
  readonly seed: number;
  readonly perSecond: number;
  /** How long a client keeps its connection, on average; 0: for ever. */
  readonly cutEveryS: number;
  /** Of what a plain client does: edits and deletions. */
  readonly changes: number;
}

/** Sends at a steady rate, whoever is connected or not, changes some of it, and loses connections at random. */
export class Load {
  private readonly clients: readonly Client[];
  private readonly options: LoadOptions;
  private readonly random: Random;
  private readonly timer: NodeJS.Timeout;
  private readonly changes = new Set<Promise<void>>();
  private last = performance.now();
  private due = 0;

  constructor(clients: readonly Client[], options: LoadOptions) {
    this.clients = clients;
    this.options = options;
    this.random = createRandom(options.seed, 'load');
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.changes);
  }

  private tick(): void {
    const elapsed = (performance.now() - this.last) / 1_000;
    this.last = performance.now();
    const { perSecond, cutEveryS } = this.options;
    for (this.due += elapsed * perSecond; this.due >= 1; this.due--) this.act();
    const cuts = cutEveryS === 0 ? 0 : (this.clients.length * elapsed) / cutEveryS;
    if (this.random.chance(cuts)) this.random.pick(this.clients).cut();
  }

  private act(): void {
    const client = this.random.pick(this.clients);
    const changes = this.random.chance(this.options.changes);
    if (!changes || !(client instanceof PlainClient)) return client.send();
    const change = client.change().finally(() => this.changes.delete(change));
    this.changes.add(change);
  }
}
