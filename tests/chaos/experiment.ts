import { setTimeout as wait } from 'node:timers/promises';
import type { Evidence } from './checker/evidence.js';
import { check } from './checker/index.js';
import { Load, type LoadOptions } from './clients/load.js';
import { type PopulationSize, populate } from './clients/population.js';
import { Probes } from './clients/probes.js';
import { type Cluster, openCluster } from './cluster/cluster.js';
import { computeFigures } from './figures.js';
import { emptyHistory, type History, now } from './history.js';
import type { Result } from './report.js';
import type { Plan } from './schedule.js';
import { laggards, readTruth, stragglers, stuckPresence, unanswered } from './settling.js';
import { strikeAll } from './strikes.js';

const PROBE_MS = 250;

export interface Experiment {
  readonly seed: number;
  readonly seconds: number;
  readonly size: PopulationSize;
  readonly load: Omit<LoadOptions, 'seed'>;
  readonly plans: readonly Plan[];
  readonly mutant?: string | undefined;
  /** SQL that a mutant needs to be able to do wrong. */
  readonly prepare?: string | undefined;
  /** Of the people, for the check of presence; 0: none. */
  readonly leave: number;
  readonly probeMs?: number;
  say(line: string): void;
}

export interface Observation {
  readonly result: Result;
  readonly history: History;
  readonly logged: readonly string[];
}

/** Load, faults, quiet, the last coming back, and the verdict. */
export async function run(experiment: Experiment): Promise<Observation> {
  const cluster = await openCluster(experiment);
  try {
    if (experiment.prepare) await cluster.postgres.ask(experiment.prepare);
    const history = emptyHistory();
    const result = await observe(experiment, cluster, history);
    return { result, history, logged: cluster.nodes.flatMap(({ log }) => log) };
  } finally {
    await cluster.close();
  }
}

async function observe(
  experiment: Experiment,
  cluster: Cluster,
  history: History,
): Promise<Result> {
  const { seed, size, say } = experiment;
  const population = await populate(cluster, history, seed, size);
  const probes = await Probes.open(cluster, history, experiment.probeMs ?? PROBE_MS);
  const clients = [...population.clients, ...probes.clients];
  say(`${population.conversationIds.length} conversations, ${clients.length} clients`);
  for (const one of population.clients) one.start();
  await unanswered(clients, history, say);
  const lag = watchLag();
  await stress(experiment, cluster, history, population, probes);
  const evidence = await settle(experiment, cluster, history, clients);
  for (const one of clients) one.stop();
  const logged = cluster.nodes.flatMap(({ log }) => log);
  return {
    violations: check({ ...evidence, logged, exits: cluster.nodes.flatMap(({ exits }) => exits) }),
    figures: computeFigures(history, probes.all),
    kinds: countKinds(clients),
    errors: errorsIn(logged),
    suiteLagMs: lag(),
  };
}

async function stress(
  { seed, seconds, load, plans, say }: Experiment,
  cluster: Cluster,
  history: History,
  { clients, conversationIds }: Awaited<ReturnType<typeof populate>>,
  probes: Probes,
): Promise<void> {
  const start = now();
  const running = new Load(clients, { ...load, seed });
  await Promise.all([
    strikeAll(plans, start, { cluster, history, seed, conversationIds, say }),
    wait(seconds * 1_000),
  ]);
  await running.stop();
  probes.stop();
}

async function settle(
  { leave, say }: Experiment,
  cluster: Cluster,
  history: History,
  clients: Awaited<ReturnType<typeof populate>>['clients'],
): Promise<Omit<Evidence, 'exits' | 'logged'>> {
  say('The load has ended; waiting for answers');
  const waiting = await unanswered(clients, history, say);
  const truth = await readTruth(cluster);
  const lagging = await laggards(clients, truth);
  say('Everybody comes back once more');
  const straggling = await stragglers(clients, truth);
  // In one turn of the event loop the clients stop to move; what the database says after it is the measure.
  const holdings = clients.flatMap((one) => one.holdings(truth));
  const final = await readTruth(cluster);
  say('Some leave for good');
  const stuck = leave > 0 ? await stuckPresence(clients, leave) : [];
  const late = { unanswered: waiting, laggards: lagging, stragglers: straggling };
  return { history, truth: final, holdings, stuck, ...late };
}

/** How late timers come in this process: what is measured here cannot be finer. */
function watchLag(): () => number {
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - last - 100);
    last = performance.now();
  }, 100);
  return () => {
    clearInterval(timer);
    return Math.round(worst);
  };
}

function countKinds(clients: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of clients) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const ERROR_LEVEL = 50;

/** What the nodes logged as errors, by message. */
function errorsIn(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    if (!line.startsWith('{"level":')) continue;
    const { level, msg, err } = JSON.parse(line);
    const what = [msg, err?.message].filter(Boolean).join(': ').replace(/\s+/g, ' ').slice(0, 160);
    if (level >= ERROR_LEVEL) counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
