import { setTimeout as wait } from 'node:timers/promises';
import { planRooms, seedOurs, seedTheirs, targetsOf } from './contenders/rooms.mjs';
import { startGenerator } from './load/generator-process.mjs';
import { compare } from './support/comparison.mjs';
import { allContenders } from './support/contestants.mjs';
import { countWrites, difference, readCpu } from './support/cpu.mjs';
import { startServices } from './support/services.mjs';

const SIZES = [10, 100, 1_000];
/** Offered to everybody, well below anybody's limit. */
const DELIVERIES_PER_SECOND = 10_000;
const PAUSE_MS = 200;
const RAMP_SHARE = 0.1;
/** Half a second left a tenth of the nodes' CPU to compilers, the more the more code a contender has. */
const WARM_UP_SECONDS = 2;

const FIGURES = [
  { key: 'deliveredPerSecond', label: 'deliveries/s' },
  { key: 'nodesCpuUs', label: 'CPU us/delivery: two nodes' },
  { key: 'writes', label: 'writes/delivery: two nodes' },
  { key: 'serversCpuUs', label: 'CPU us/delivery: all servers' },
  { key: 'generatorCpuUs', label: 'CPU us/delivery: load generator' },
  { key: 'p50Ms', label: 'send to delivery p50, ms' },
  { key: 'p99Ms', label: 'send to delivery p99, ms' },
];

export const defaults = { seconds: '2', connections: '1000' };

/** One message to many: rooms of several sizes, with `--connections` listeners for each size over two nodes. */
export async function run(options) {
  const services = await startServices();
  const plan = planRooms(SIZES, options.connections);
  const contenders = [];
  for (const contender of await allContenders(services))
    contenders.push(await enter(contender, plan, { ...services, profile: options.profile }));
  const phases = phasesOf(options);
  for (const contender of contenders)
    for (const phase of phases.filter(({ window }) => window))
      await measure(contender, phase, WARM_UP_SECONDS);
  await compare({
    benchmark: 'fanout',
    options,
    services,
    contenders,
    figures: FIGURES,
    faults: ['undelivered'],
    phases,
    measure: (contender, phase) => measure(contender, phase, options.seconds),
  });
}

export const longestSeconds = ({ repetitions, seconds, connections }) =>
  110 + connections / 10 + (repetitions + 1) * SIZES.length * 6 * (2 * seconds + 5);

function phasesOf({ window }) {
  const deliveries = DELIVERIES_PER_SECOND;
  return SIZES.flatMap((size) => [
    { name: `rooms of ${size}, as fast as all hear it`, size, window },
    { name: `rooms of ${size}, ${deliveries} deliveries/s offered`, size, deliveries },
  ]);
}

async function enter({ name, client, databaseUrl, start }, plan, { postgres, redis, profile }) {
  const nodes = await start({ profile });
  if (name === 'servihub') await seedOurs(databaseUrl, plan);
  if (name === 'socketio') await seedTheirs(databaseUrl, plan);
  const targets = targetsOf(plan, nodes);
  const generator = await startGenerator({ scenario: 'rooms', client, targets });
  const groups = {
    nodes: nodes.map(({ pid }) => pid),
    postgres: [postgres.pid],
    redis: [redis.pid],
  };
  return { name, generator, groups };
}

async function measure({ generator, groups }, phase, seconds) {
  await wait(PAUSE_MS);
  const before = readCpu(groups);
  const writesBefore = countWrites(groups.nodes);
  const rampSeconds = seconds * RAMP_SHARE;
  const answer = await generator.order('measure', { phase, seconds, rampSeconds });
  const { generatorCpuMs, ...figures } = answer;
  const { nodes, postgres, redis } = difference(before, readCpu(groups));
  const writes = countWrites(groups.nodes) - writesBefore;
  const each = (ms) => (ms * 1_000) / figures.deliveries;
  return {
    ...figures,
    nodesCpuUs: each(nodes),
    writes: writes / figures.deliveries,
    serversCpuUs: each(nodes + postgres + redis),
    generatorCpuUs: each(generatorCpuMs),
  };
}
