import { setTimeout as wait } from 'node:timers/promises';
import { startGenerator } from './load/generator-process.mjs';
import { compare } from './support/comparison.mjs';
import { allContenders } from './support/contestants.mjs';
import { introduce, makeCrowd, spreadOver } from './support/crowd.mjs';
import { OURS } from './support/ratios.mjs';
import { startServices } from './support/services.mjs';

const AT_ONCE = 32;
const KIB = 1_024;

const FIGURES = [
  { key: 'rssKib', label: 'KiB resident per connection' },
  { key: 'liveKib', label: 'KiB live per connection' },
  { key: 'beforeLiveMib', label: 'MiB live, both nodes, nobody there' },
  { key: 'beforeMib', label: 'MiB resident, both nodes, nobody there' },
  { key: 'afterMib', label: 'MiB resident, both nodes, everybody' },
];

/** Memory of two nodes per idle connection: authenticated, ready, and then silent for `--seconds`. */
export async function run(options) {
  const services = await startServices();
  const contenders = await allContenders(services);
  const crowd = makeCrowd(options.connections);
  await introduce(
    contenders.find(({ name }) => name === OURS),
    crowd,
  );
  await compare({
    benchmark: 'idle',
    options,
    services,
    contenders,
    figures: FIGURES,
    phases: [{ name: `${options.connections} idle connections` }],
    measure: (contender) => measure(contender, crowd, options),
  });
}

export const longestSeconds = ({ repetitions, seconds, connections }) =>
  60 + repetitions * 3 * (seconds + 15 + connections / 200);

async function measure({ start, client }, crowd, { seconds, snapshot }) {
  const nodes = await start({ probed: true });
  const generator = await startGenerator({
    scenario: 'crowd',
    client,
    targets: spreadOver(nodes, crowd),
  });
  const before = await memoryOf(nodes, snapshot && `${snapshot}/${client}-before.heapsnapshot`);
  await generator.order('connect', { count: crowd.length, atOnce: AT_ONCE });
  await wait(seconds * 1_000);
  const after = await memoryOf(nodes, snapshot && `${snapshot}/${client}.heapsnapshot`);
  await generator.stop();
  await Promise.all(nodes.map((node) => node.stop()));
  return perConnection(before, after, crowd.length);
}

async function memoryOf(nodes, snapshot) {
  const answers = [];
  for (const node of nodes) answers.push(await node.probe({ snapshot }));
  const sum = (key) => answers.reduce((total, answer) => total + answer[key], 0);
  return { rss: sum('rss'), live: sum('live') };
}

function perConnection(before, after, count) {
  return {
    rssKib: (after.rss - before.rss) / count / KIB,
    liveKib: (after.live - before.live) / count / KIB,
    beforeLiveMib: before.live / KIB ** 2,
    beforeMib: before.rss / KIB ** 2,
    afterMib: after.rss / KIB ** 2,
  };
}
