import type { ViolationClass } from './checker/evidence.js';
import type { Experiment } from './experiment.js';
import type { MutantName } from './node/mutants/index.js';
import type { Plan } from './schedule.js';

/** What a faulty port is to be caught by, and a short run in which it shows. */
export interface Mutant {
  readonly caughtAs: ViolationClass;
  readonly plans: readonly Plan[];
  readonly conversations: number;
  readonly seconds: number;
  /** How long a client keeps its connection, on average. */
  readonly cutEveryS?: number;
  readonly prepare?: string;
}

const plan = (name: Plan['name'], at: number, seconds: number, node = 0): Plan => ({
  name,
  at,
  node,
  seconds,
});

export const MUTANTS: Readonly<Record<MutantName, Mutant>> = {
  'ack-before-commit': {
    caughtAs: 'lost',
    conversations: 20,
    seconds: 25,
    plans: [
      plan('PostgreSQL crashed', 4, 1),
      plan('node killed', 10, 1, 1),
      plan('PostgreSQL crashed', 17, 1),
    ],
  },
  // Two nodes have to write to one conversation at the same moment: few conversations, and a slow commit.
  'sequence-seq': {
    caughtAs: 'hole',
    conversations: 2,
    seconds: 25,
    cutEveryS: 10,
    plans: [],
    prepare: 'create table chaos_sequence (id uuid primary key, n int not null)',
  },
  // Publishes fail until the load has ended, and nothing that is sent later gives the loss away.
  'no-sweep': {
    caughtAs: 'lost-tail',
    conversations: 20,
    seconds: 15,
    plans: [plan('Redis killed', 5, 12)],
  },
  'no-dedupe': {
    caughtAs: 'duplicated',
    conversations: 20,
    seconds: 15,
    plans: [],
    prepare: `drop index "Message_conversationId_senderId_clientId_key";
      create index on "Message" ("conversationId", "senderId", "clientId")`,
  },
};

/** Direct conversations without edits: the mutants know nothing else. */
export function experimentOf(name: MutantName, seed: number, say: Experiment['say']): Experiment {
  const { conversations, seconds, plans, prepare, cutEveryS = 30 } = MUTANTS[name];
  return {
    seed,
    seconds,
    plans,
    prepare,
    say,
    mutant: name,
    size: { direct: conversations, support: 0, agents: 0, losesAcks: true },
    load: { perSecond: 60, cutEveryS, changes: 0 },
    leave: 0,
  };
}
