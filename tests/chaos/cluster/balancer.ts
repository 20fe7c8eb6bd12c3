import { FaultProxy } from '../proxy/proxy.js';
import type { ClusterNode } from './node.js';

const CHECK_MS = 1_000;
const PATIENCE_MS = 2_000;

/** Where clients connect: passes each connection on to the next node that says it is ready. */
export class Balancer {
  readonly proxy: FaultProxy;
  private readonly nodes: readonly ClusterNode[];
  private readonly ready = new Set<ClusterNode>();
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  private constructor(nodes: readonly ClusterNode[], open: (balancer: Balancer) => FaultProxy) {
    this.nodes = nodes;
    for (const node of nodes) this.ready.add(node);
    this.proxy = open(this);
    this.timer = setInterval(() => this.checkAll(), CHECK_MS).unref();
  }

  static async open(nodes: readonly ClusterNode[]): Promise<Balancer> {
    let route: () => readonly number[] = () => [];
    const proxy = await FaultProxy.open(() => route());
    return new Balancer(nodes, (balancer) => {
      route = () => balancer.route();
      return proxy;
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.proxy.close();
  }

  private route(): number[] {
    const ready = this.nodes.filter((node) => this.ready.has(node));
    // When none answers its check in time, it is the check that is in doubt.
    const ports = (ready.length > 0 ? ready : this.nodes).map(({ port }) => port);
    this.turn += 1;
    const first = this.turn % Math.max(1, ports.length);
    return [...ports.slice(first), ...ports.slice(0, first)];
  }

  private checkAll(): void {
    for (const node of this.nodes) void this.check(node);
  }

  private async check(node: ClusterNode): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${node.url}/health/ready`, { signal }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) this.ready.add(node);
    else this.ready.delete(node);
  }
}
