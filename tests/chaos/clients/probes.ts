import type { Cluster } from '../cluster/cluster.js';
import type { ClusterNode } from '../cluster/node.js';
import type { History } from '../history.js';
import { createRandom } from '../random.js';
import type { Client } from './client.js';
import { PlainClient } from './plain-client.js';
import { meet, openDirect } from './population.js';

/** A sender that is bound to one node and a receiver that is bound to the next. */
export interface Probe {
  readonly from: number;
  readonly to: number;
  readonly sender: Client;
  readonly receiver: Client;
}

/** They go past the balancer, so each figure of theirs is about known nodes, and about the way between two. */
export class Probes {
  readonly all: readonly Probe[];
  private readonly timer: NodeJS.Timeout;

  private constructor(all: readonly Probe[], everyMs: number) {
    this.all = all;
    for (const { sender, receiver } of all) {
      sender.start();
      receiver.start();
    }
    this.timer = setInterval(() => {
      for (const { sender } of all) sender.send();
    }, everyMs);
  }

  static async open(cluster: Cluster, history: History, everyMs: number): Promise<Probes> {
    const { nodes } = cluster;
    const made = nodes.map((from, index) =>
      makeProbe(cluster, history, from, nodes[(index + 1) % nodes.length] as ClusterNode),
    );
    return new Probes(await Promise.all(made), everyMs);
  }

  get clients(): Client[] {
    return this.all.flatMap(({ sender, receiver }) => [sender, receiver]);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

async function makeProbe(
  cluster: Cluster,
  history: History,
  from: ClusterNode,
  to: ClusterNode,
): Promise<Probe> {
  const one = await meet(cluster, { name: 'Probe' });
  const other = await meet(cluster, { name: 'Probe' });
  const conversationId = await openDirect(cluster, one, other);
  const name = `probe${from.index}${to.index}`;
  const shared = { conversationId, history, wire: 'ws', losesAcks: false } as const;
  const random = createRandom(from.index, name);
  const sender = { name: `${name}-sender`, person: one, url: from.url, random, ...shared };
  const receiver = { name: `${name}-receiver`, person: other, url: to.url, random, ...shared };
  return {
    from: from.index,
    to: to.index,
    sender: new PlainClient(sender),
    receiver: new PlainClient(receiver),
  };
}
