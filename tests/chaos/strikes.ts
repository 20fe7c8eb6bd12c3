import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from './cluster/cluster.js';
import { FAULTS } from './faults/index.js';
import { type History, now } from './history.js';
import { createRandom } from './random.js';
import type { Plan } from './schedule.js';

export interface Strikes {
  readonly cluster: Cluster;
  readonly history: History;
  readonly seed: number;
  readonly conversationIds: readonly string[];
  say(line: string): void;
}

/** Carries out the plan, one fault after the other. `start` is when the load began. */
export async function strikeAll(
  plans: readonly Plan[],
  start: number,
  strikes: Strikes,
): Promise<void> {
  for (const plan of plans) {
    await wait(Math.max(0, start + plan.at * 1_000 - now()));
    await strike(plan, strikes);
  }
}

async function strike(plan: Plan, strikes: Strikes): Promise<void> {
  const { cluster, history, conversationIds, say } = strikes;
  const random = createRandom(strikes.seed, `${plan.name} ${plan.at}`);
  const spec = FAULTS[plan.name];
  const begin = now();
  const noted = await spec.strike({ cluster, random, conversationIds, ...plan });
  const note = typeof noted === 'string' ? noted : '';
  const end = now();
  const nodes = spec.oneNode ? [plan.node] : cluster.nodes.map(({ index }) => index);
  history.faults.push({ name: plan.name, nodes, begin, end, note });
  const where = spec.oneNode ? `, node ${plan.node}` : '';
  say(`${seconds(begin)} to ${seconds(end)}  ${plan.name}${where}${note && `: ${note}`}`);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(6)} s`;
