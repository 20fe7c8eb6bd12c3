import type { Wrappers } from '../../../../src/app.js';
import { ackBeforeCommit } from './ack-before-commit.js';
import { noDedupe } from './no-dedupe.js';
import { noSweep } from './no-sweep.js';
import { sequenceSeq } from './sequence-seq.js';

/** Puts a faulty port in place of a sound one. */
type Mutation = (databaseUrl: string) => Partial<Wrappers>;

const MUTATIONS = {
  'ack-before-commit': ackBeforeCommit,
  'sequence-seq': sequenceSeq,
  'no-sweep': noSweep,
  'no-dedupe': noDedupe,
} satisfies Record<string, Mutation>;

export type MutantName = keyof typeof MUTATIONS;

export const isMutant = (name: string | undefined): name is MutantName =>
  name !== undefined && name in MUTATIONS;

/** The faulty port lies under the other wrappers, where the sound one was. */
export function mutate(name: MutantName, databaseUrl: string, over: Wrappers): Wrappers {
  const faulty = (MUTATIONS[name] as Mutation)(databaseUrl);
  return {
    store: (store) => over.store(faulty.store?.(store) ?? store),
    bus: (bus) => over.bus(faulty.bus?.(bus) ?? bus),
    log: (log) => over.log(faulty.log?.(log) ?? log),
  };
}
