import { spread } from './statistics.mjs';

export const OURS = 'servihub';

/** Medians and spread by phase. A ratio is ours to another's in the same repetition, side by side. */
export function summarise({ phases, rounds, contenders, figures, faults = [] }) {
  return phases.map(({ name }) => {
    const of = (contender) =>
      rounds.filter((round) => round.phase === name && round.contender === contender);
    const named = (make) => Object.fromEntries(contenders.map((one) => [one, make(of(one))]));
    return {
      name,
      figures: figures
        .filter(({ key }) => contenders.some((one) => valuesOf(of(one), key).length > 0))
        .map(({ key, label }) => ({
          key,
          label,
          values: named((own) => spread(valuesOf(own, key))),
          ratios: ratiosOf(key, contenders, of),
        })),
      faults: named((own) => countFaults(own, faults)),
    };
  });
}

const valuesOf = (rounds, key) =>
  rounds.map((round) => round[key]).filter((value) => Number.isFinite(value));

function ratiosOf(key, contenders, of) {
  const ours = of(OURS);
  const others = contenders.filter((name) => name !== OURS);
  const ratios = others.map((other) => {
    const theirs = of(other);
    const values = ours.map((round, index) => round[key] / theirs[index]?.[key]);
    return [other, spread(values.filter(Number.isFinite))];
  });
  return Object.fromEntries(ratios);
}

/** Faults add up over the repetitions. */
function countFaults(rounds, faults) {
  const total = (key) => rounds.reduce((sum, round) => sum + (round[key] ?? 0), 0);
  return Object.fromEntries(faults.map((key) => [key, total(key)]));
}
