import { type Experiment, run } from './experiment.js';
import { experimentOf, MUTANTS } from './mutants.js';
import type { MutantName } from './node/mutants/index.js';
import { type Options, readOptions, USAGE } from './options.js';
import { save, say, summarise } from './report.js';
import { runRedisOutage } from './scenario.js';
import { describePlan, planFaults } from './schedule.js';

const SIZE = { direct: 44, support: 20, agents: 4, losesAcks: true };
const LOAD = { perSecond: 100, cutEveryS: 45, changes: 0.06 };
const LEAVING = 0.1;

/** Answers whether all went as it should. */
async function main(options: Options): Promise<boolean> {
  const { mutant, mutants, scenario, seed } = options;
  if (scenario) return runRedisOutage(options);
  if (mutants) return runAllMutants(seed);
  if (mutant) return (await carryOut(experimentOf(mutant, seed, say), options)).length === 0;
  const seconds = Math.round(options.minutes * 60);
  const plans = planFaults(seed, seconds);
  say(`Seed ${seed}, ${seconds} s, ${plans.length} faults:`);
  for (const plan of plans) say(describePlan(plan));
  if (options.dry) return true;
  const experiment = { seed, seconds, plans, say, size: SIZE, load: LOAD, leave: LEAVING };
  return (await carryOut(experiment, options)).length === 0;
}

async function carryOut(experiment: Experiment, { out }: Pick<Options, 'out'>) {
  const observation = await run(experiment);
  const { result } = observation;
  for (const line of summarise(result)) say(line);
  const { seed, seconds, mutant = null, plans } = experiment;
  if (out) await save(out, { seed, seconds, mutant, plans, ...result }, observation);
  const { violations } = result;
  say(violations.length === 0 ? 'Every promise was kept.' : `${violations.length} violations.`);
  return violations;
}

async function runAllMutants(seed: number): Promise<boolean> {
  const verdicts: boolean[] = [];
  for (const [name, { caughtAs }] of Object.entries(MUTANTS)) {
    say(`\n=== ${name}, to be caught as ${caughtAs}`);
    const violations = await carryOut(experimentOf(name as MutantName, seed, say), {
      out: undefined,
    });
    const isCaught = violations.some((violation) => violation.class === caughtAs);
    say(isCaught ? `Caught: ${name}` : `NOT CAUGHT: ${name}`);
    verdicts.push(isCaught);
  }
  return verdicts.every(Boolean);
}

function parse(): Options {
  try {
    return readOptions();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exit((await main(parse())) ? 0 : 1);
