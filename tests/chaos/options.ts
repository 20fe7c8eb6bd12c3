import { parseArgs } from 'node:util';
import { isMutant, type MutantName } from './node/mutants/index.js';

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly mutant: MutantName | undefined;
  readonly mutants: boolean;
  readonly scenario: 'redis-outage' | undefined;
  /** The plan only. */
  readonly dry: boolean;
  readonly out: string | undefined;
}

export const USAGE = `npm run chaos -- [--minutes M] [--seed S] [--out FILE] [--dry]
npm run chaos -- --mutant ack-before-commit|sequence-seq|no-sweep|no-dedupe
npm run chaos -- --mutants
npm run chaos -- --scenario redis-outage`;

const NAMES = {
  minutes: { type: 'string', default: '2' },
  seed: { type: 'string', default: '1' },
  mutant: { type: 'string' },
  mutants: { type: 'boolean', default: false },
  scenario: { type: 'string' },
  dry: { type: 'boolean', default: false },
  out: { type: 'string' },
} as const;

export function readOptions(): Options {
  const { values } = parseArgs({ options: NAMES });
  const { mutant, scenario } = values;
  if (mutant !== undefined && !isMutant(mutant)) throw new Error(`There is no mutant ${mutant}.`);
  if (scenario !== undefined && scenario !== 'redis-outage')
    throw new Error(`There is no scenario ${scenario}.`);
  const minutes = positive('minutes', values.minutes);
  const seed = positive('seed', values.seed);
  return { ...values, minutes, seed, mutant, scenario, out: values.out };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0.`);
  return value;
}
