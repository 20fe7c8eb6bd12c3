/** Numbers that a seed decides: the same run again, whatever the machine does. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

/** Mulberry32; `label` gives each consumer a stream of its own, so that they do not disturb each other. */
export function createRandom(seed: number, label = ''): Random {
  let state = [...label].reduce((sum, char) => Math.imul(sum ^ char.charCodeAt(0), 16777619), seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => items[between(0, items.length - 1)] as T;
  return { next, between, chance: (share) => next() < share, pick, shuffled };

  function shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    return items.map(() => rest.splice(between(0, rest.length - 1), 1)[0] as T);
  }
}
