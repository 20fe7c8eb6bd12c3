import { spread } from './statistics.mjs';

/** Figures in the order in which they are shown; of `more` a higher one is better. */
export const FIGURES = [
  { key: 'ackedPerSecond', label: 'acked/s', more: true },
  { key: 'p50Ms', label: 'send to delivery p50, ms' },
  { key: 'p99Ms', label: 'send to delivery p99, ms' },
  { key: 'nodesCpuUs', label: 'CPU us/message: two nodes' },
  { key: 'postgresCpuUs', label: 'CPU us/message: PostgreSQL' },
  { key: 'redisCpuUs', label: 'CPU us/message: Redis' },
  { key: 'serversCpuUs', label: 'CPU us/message: all of them' },
  { key: 'generatorCpuUs', label: 'CPU us/message: load generator' },
];

/** Faults add up over the repetitions. */
export const FAULTS = ['unacked', 'lost', 'repeated', 'reordered'];

/** Medians and spread by phase. A ratio is ours to the peer's in the same repetition, side by side. */
export function summarise(phases, rounds) {
  return phases.map(({ name }) => {
    const of = (contender) =>
      rounds.filter((round) => round.phase === name && round.contender === contender);
    const [peer, ours] = [of('socketio'), of('servihub')];
    return {
      name,
      figures: FIGURES.map(({ key }) => compare(key, peer, ours)),
      faults: { socketio: countFaults(peer), servihub: countFaults(ours) },
    };
  });
}

function compare(key, peer, ours) {
  const values = (rounds) => rounds.map((round) => round[key]);
  const ratios = values(ours).map((value, index) => value / peer[index][key]);
  return {
    key,
    socketio: spread(values(peer)),
    servihub: spread(values(ours)),
    ratio: spread(ratios),
  };
}

function countFaults(rounds) {
  const total = (key) => rounds.reduce((sum, round) => sum + round[key], 0);
  return Object.fromEntries(FAULTS.map((key) => [key, total(key)]));
}
