import { FAULTS, type FaultName, GROUPS } from './faults/index.js';
import { createRandom, type Random } from './random.js';

/** One fault: what, when, to which node and for how long. */
export interface Plan {
  readonly name: FaultName;
  /** Seconds since the load began. */
  readonly at: number;
  /** The node it is for, where it is for one. */
  readonly node: number;
  readonly seconds: number;
}

const NODES = 3;
const FIRST_AT = 8;
const SLOT = 17;
/** Before the end it stays quiet, so that the load ends on a sound cluster. */
const QUIET = 6;

/** The same for the same seed, whatever the machine does. Each group of faults comes once a round, in changing order. */
export function planFaults(seed: number, seconds: number): Plan[] {
  const random = createRandom(seed, 'schedule');
  const slots = Math.max(0, Math.floor((seconds - FIRST_AT - QUIET) / SLOT));
  const names = drawNames(random, slots);
  return names.map((name, slot) => planOne(random, name, FIRST_AT + slot * SLOT));
}

function drawNames(random: Random, count: number): FaultName[] {
  const decks = new Map(GROUPS.map((group) => [group, [] as FaultName[]]));
  const draw = (group: (typeof GROUPS)[number]): FaultName => {
    const deck = decks.get(group) as FaultName[];
    if (deck.length === 0) deck.push(...random.shuffled(namesOf(group)));
    return deck.pop() as FaultName;
  };
  const rounds = Math.ceil(count / GROUPS.length);
  const drawn = Array.from({ length: rounds }, () => random.shuffled(GROUPS).map(draw));
  return drawn.flat().slice(0, count);
}

const namesOf = (wanted: string): FaultName[] =>
  (Object.keys(FAULTS) as FaultName[]).filter((name) => FAULTS[name].group === wanted);

function planOne(random: Random, name: FaultName, at: number): Plan {
  const [least, most] = FAULTS[name].seconds;
  const node = random.between(0, NODES - 1);
  return { name, at, node, seconds: random.between(least, most) };
}

export const describePlan = ({ at, name, node, seconds }: Plan): string =>
  `${String(at).padStart(5)} s  ${name.padEnd(38)}${FAULTS[name].oneNode ? `node ${node}  ` : '        '}${seconds} s`;
