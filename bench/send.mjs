import { setTimeout as wait } from 'node:timers/promises';
import { openPairs as openOurs, servihub } from './contenders/servihub.mjs';
import { openPairs as openTheirs, socketIo } from './contenders/socketio.mjs';
import { startGenerator } from './load/generator-process.mjs';
import { compare } from './support/comparison.mjs';
import { difference, readCpu } from './support/cpu.mjs';
import { heldRate, P99_MS } from './support/held-rate.mjs';
import { say } from './support/report.mjs';
import { startServices } from './support/services.mjs';

const PAUSE_MS = 200;
const RAMP_SHARE = 0.1;
const SLOW_MS = 2;
const SLOW_RATE = 1_000;

const FIGURES = [
  { key: 'heldPerSecond', label: `offered/s held with p99 <= ${P99_MS} ms` },
  { key: 'ackedPerSecond', label: 'acked/s' },
  { key: 'p50Ms', label: 'send to delivery p50, ms' },
  { key: 'p99Ms', label: 'send to delivery p99, ms' },
  { key: 'nodesCpuUs', label: 'CPU us/message: two nodes' },
  { key: 'postgresCpuUs', label: 'CPU us/message: PostgreSQL' },
  { key: 'redisCpuUs', label: 'CPU us/message: Redis' },
  { key: 'serversCpuUs', label: 'CPU us/message: all of them' },
  { key: 'generatorCpuUs', label: 'CPU us/message: load generator' },
];
const FAULTS = ['unacked', 'lost', 'repeated', 'reordered'];

export const defaults = { seconds: '2' };

/** Persisted one-to-one messages through two nodes, beside two nodes of the peer, in turn. */
export async function run(options) {
  const services = await startServices({ canSlowDown: true });
  const { disk } = services.postgres;
  if (!disk)
    say(`No C compiler (cc): the phases with ${SLOW_MS} ms more for each fsync are left out.`);
  const contenders = [await enterTheirs(services, options), await enterOurs(services, options)];
  for (const contender of contenders)
    await measure(contender, { window: options.window }, Math.min(5, options.seconds / 2));
  await compare({
    benchmark: 'send',
    options,
    services,
    contenders,
    figures: FIGURES,
    faults: FAULTS,
    phases: phasesOf(options).filter(({ slow }) => disk || !slow),
    measure: async (contender, phase) => {
      disk?.addMs(phase.slow ? SLOW_MS : 0);
      const measureOne = (one) => measure(contender, one, options.seconds);
      return phase.held ? heldRate(contender, measureOne) : measureOne(phase);
    },
  });
}

export function longestSeconds(options) {
  const measurements = 2 * (options.repetitions + 2) * (phasesOf(options).length + 4);
  return 120 + measurements * (2 * options.seconds + 15);
}

function phasesOf({ window, rates }) {
  const closed = { name: `${window} in flight a pair`, window };
  const open = rates.map((rate) => ({ name: `${rate}/s offered`, rate }));
  const slow = [closed, { name: `${SLOW_RATE}/s offered`, rate: SLOW_RATE }].map((phase) => ({
    ...phase,
    name: `${phase.name}, each fsync ${SLOW_MS} ms longer`,
    slow: true,
  }));
  return [closed, ...open, { name: 'rising rate', held: true }, ...slow];
}

async function enterTheirs(services, { pairs, profile, library }) {
  const contender = await socketIo({ ...services, library });
  const nodes = await contender.start({ profile });
  return enter(contender, nodes, await openTheirs(contender.databaseUrl, nodes, pairs), services);
}

async function enterOurs(services, { pairs, profile }) {
  const contender = await servihub(services);
  const nodes = await contender.start({ profile });
  return enter(contender, nodes, await openOurs(nodes, pairs), services);
}

async function enter({ name, client }, nodes, targets, { postgres, redis }) {
  const generator = await startGenerator({ scenario: 'pairs', client, targets });
  const groups = {
    nodes: nodes.map(({ pid }) => pid),
    postgres: [postgres.pid],
    redis: [redis.pid],
  };
  return { name, groups, generator };
}

async function measure({ generator, groups }, phase, seconds) {
  await wait(PAUSE_MS);
  const before = readCpu(groups);
  const rampSeconds = seconds * RAMP_SHARE;
  const answer = await generator.order('measure', { phase, seconds, rampSeconds });
  const { generatorCpuMs, ...figures } = answer;
  const cpuMs = { ...difference(before, readCpu(groups)), generator: generatorCpuMs };
  return { ...figures, ...perMessage(cpuMs, figures.messages) };
}

function perMessage({ nodes, postgres, redis, generator }, messages) {
  const each = (ms) => (ms * 1_000) / messages;
  return {
    nodesCpuUs: each(nodes),
    postgresCpuUs: each(postgres),
    redisCpuUs: each(redis),
    serversCpuUs: each(nodes + postgres + redis),
    generatorCpuUs: each(generator),
  };
}
