import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from '../support/statistics.mjs';
import { opened } from './opened.mjs';
import { policies } from './policies.mjs';

const STORM_MS = 90_000;
const NOTHING = { attempts: 0, refused: 0, failed: 0, stopped: 0, downgraded: 0 };

/** Many people who connect and then say nothing; `policy` is how they come back. */
export async function open(dialect, { targets, client }, fail) {
  const crowd = new Crowd(dialect, targets, fail);
  const policy = policies[client];
  return {
    connect: (details) => crowd.connect(details),
    gather: (details) => crowd.gather(policy, details),
    storm: () => crowd.storm(policy),
    cut: async () => crowd.cut(),
  };
}

class Crowd {
  #dialect;
  #targets;
  #fail;
  #connections = [];

  constructor(dialect, targets, fail) {
    this.#dialect = dialect;
    this.#targets = targets;
    this.#fail = fail;
  }

  /** `count` of them from number `from` on, `atOnce` handshakes at a time. None may fail. */
  async connect({ from = 0, count, atOnce }) {
    const start = performance.now();
    await this.#each({ from, count, atOnce }, async (index) => {
      this.#connections[index] = await this.#open(index);
    });
    const seconds = (performance.now() - start) / 1_000;
    return { connectionsPerSecond: count / seconds };
  }

  /** As `connect`, but whoever is refused comes back. */
  async gather(policy, { count, atOnce }) {
    const counts = { ...NOTHING };
    await this.#each({ from: 0, count, atOnce }, (index) =>
      policy(this.#targets[index], counts, () => this.#attempt(index), { isFirst: true }),
    );
    return counts;
  }

  async #each({ from, count, atOnce }, make) {
    let next = from;
    const work = async () => {
      while (next < from + count) await make(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  cut() {
    for (const connection of this.#connections.splice(0)) connection.cut();
  }

  /** Everybody is cut off in one moment and comes back as the contender's own client would. */
  async storm(policy) {
    const count = this.#connections.length;
    this.cut();
    const start = performance.now();
    const counts = { ...NOTHING };
    const back = [];
    const comeBack = async (index) => {
      await policy(this.#targets[index], counts, () => this.#attempt(index));
      back.push((performance.now() - start) / 1_000);
    };
    const all = Promise.all(Array.from({ length: count }, (_, index) => comeBack(index)));
    await Promise.race([all, wait(STORM_MS, undefined, { ref: false })]);
    return {
      ...counts,
      missing: count - back.length,
      halfBackS: quantile(back, 0.5),
      allBackS: back.length === count ? Math.max(...back) : null,
    };
  }

  #open(index) {
    return opened(this.#dialect.connect, this.#targets[index], { failed: this.#fail });
  }

  /** Null once the server is ready for it, else why not. */
  #attempt(index) {
    return new Promise((resolve) => {
      this.#connections[index] = this.#dialect.connect(this.#targets[index], {
        ready: () => resolve(null),
        refused: resolve,
        failed: (reason) => resolve({ status: 0, reason }),
      });
    });
  }
}
