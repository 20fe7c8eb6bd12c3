import { describeMachine, describeVersions, readLoad } from './machine.mjs';
import { summarise } from './ratios.mjs';
import { print, resultFile, save, say } from './report.mjs';
import { inDatabase } from './services.mjs';

/** Fewer repetitions are a look, not a result. */
const ENOUGH = 5;

/**
 * Measures, prints and saves. Each measurement of one contender stands beside the same of the others, so that all
 * meet the same machine; who begins changes from one repetition to the next.
 */
export async function compare({
  benchmark,
  options,
  services,
  contenders,
  phases,
  measure,
  ...report
}) {
  const machine = describeMachine(services.folder);
  const load = [readLoad()];
  const rounds = await inTurn({ contenders, phases, measure, ...options });
  load.push(readLoad());
  const versions = describeVersions(await versionsOf(services));
  const names = contenders.map(({ name }) => name);
  const result = {
    benchmark,
    date: new Date().toISOString(),
    machine,
    load,
    versions,
    options,
    phases: summarise({ phases, rounds, contenders: names, ...report }),
    rounds,
  };
  print(result);
  const file = options.json ?? (options.repetitions >= ENOUGH ? resultFile(benchmark) : undefined);
  if (file) await save(file, result);
}

async function inTurn({ contenders, phases, measure, repetitions }) {
  const rounds = [];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    const order = repetition % 2 === 1 ? contenders : [...contenders].reverse();
    for (const phase of phases) {
      say(`Repetition ${repetition} of ${repetitions}: ${phase.name}`);
      for (const contender of order.filter(({ name }) => name !== phase.without)) {
        const figures = await measure(contender, phase);
        rounds.push({ repetition, phase: phase.name, contender: contender.name, ...figures });
      }
    }
  }
  return rounds;
}

async function versionsOf({ postgres, redis }) {
  const { rows } = await inDatabase(postgres.url('postgres'), (c) =>
    c.query('show server_version'),
  );
  return { postgres: rows[0].server_version, redis: redis.version };
}
