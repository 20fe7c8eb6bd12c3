import { startGenerator } from './load/generator-process.mjs';
import { compare } from './support/comparison.mjs';
import { allContenders } from './support/contestants.mjs';
import { difference, readCpu } from './support/cpu.mjs';
import { introduce, makeCrowd, spreadOver } from './support/crowd.mjs';
import { OURS } from './support/ratios.mjs';
import { startServices } from './support/services.mjs';

/** Handshakes under way while the rate is measured; and while the crowd gathers that is then cut off. */
const AT_ONCE = 64;
const GATHERING_AT_ONCE = 32;
const WARM_UP = 1_000;
/** What operators have; elsewhere these are raised. */
const USUAL_LIMITS = {
  LIMIT_UPGRADES_PER_IP_PER_SECOND: undefined,
  LIMIT_UPGRADES_PER_SECOND: undefined,
};

const FIGURES = [
  { key: 'connectionsPerSecond', label: 'connections/s, authenticated and ready' },
  { key: 'nodesCpuUs', label: 'CPU us/connection: two nodes' },
  { key: 'postgresCpuUs', label: 'CPU us/connection: PostgreSQL' },
  { key: 'redisCpuUs', label: 'CPU us/connection: Redis' },
  { key: 'generatorCpuUs', label: 'CPU us/connection: load generator' },
  { key: 'halfBackS', label: 'half are back after, s' },
  { key: 'allBackS', label: 'all are back after, s' },
  { key: 'attempts', label: 'attempts to come back' },
  { key: 'refused', label: 'of them answered with 503' },
  { key: 'failed', label: 'of them failed otherwise' },
];

/** New connections a second, and a crowd that is cut off in one moment and comes back. */
export async function run(options) {
  const services = await startServices();
  const contenders = await allContenders(services);
  const crowd = makeCrowd(options.connections);
  await introduce(
    contenders.find(({ name }) => name === OURS),
    crowd,
  );
  await compare({
    benchmark: 'connect',
    options,
    services,
    contenders,
    figures: FIGURES,
    faults: ['missing', 'stopped', 'downgraded'],
    phases: [
      { name: `${crowd.length} connect, ${AT_ONCE} handshakes at a time`, measure: connect },
      { name: `${crowd.length} are cut off at once`, measure: storm, without: 'floor' },
    ],
    measure: (contender, phase) =>
      phase.measure(contender, crowd, { ...services, profile: options.profile }),
  });
}

export const longestSeconds = ({ repetitions, connections }) =>
  60 + repetitions * (5 * (15 + connections / 200) + 2 * 90);

async function connect(contender, crowd, { postgres, redis, profile }) {
  return during(contender, crowd, { profile }, async (generator, nodes) => {
    const groups = { nodes, postgres: [postgres.pid], redis: [redis.pid] };
    const warmUp = Math.min(WARM_UP, Math.floor(crowd.length / 2));
    await generator.order('connect', { count: warmUp, atOnce: AT_ONCE });
    const before = readCpu(groups);
    const count = crowd.length - warmUp;
    const answer = await generator.order('connect', { from: warmUp, count, atOnce: AT_ONCE });
    const used = difference(before, readCpu(groups));
    const each = (ms) => (ms * 1_000) / count;
    return {
      connectionsPerSecond: answer.connectionsPerSecond,
      nodesCpuUs: each(used.nodes),
      postgresCpuUs: each(used.postgres),
      redisCpuUs: each(used.redis),
      generatorCpuUs: each(answer.generatorCpuMs),
    };
  });
}

async function storm(contender, crowd) {
  return during(contender, crowd, { limits: USUAL_LIMITS }, async (generator) => {
    await generator.order('gather', { count: crowd.length, atOnce: GATHERING_AT_ONCE });
    const { generatorCpuMs, ...figures } = await generator.order('storm');
    return figures;
  });
}

/** Every measurement has nodes of its own: nobody cleans up after the one before. */
async function during({ start, client }, crowd, starting, measure) {
  const nodes = await start(starting);
  const targets = spreadOver(nodes, crowd);
  const generator = await startGenerator({ scenario: 'crowd', client, targets });
  const figures = await measure(
    generator,
    nodes.map(({ pid }) => pid),
  );
  await generator.stop();
  await Promise.all(nodes.map((node) => node.stop()));
  return figures;
}
