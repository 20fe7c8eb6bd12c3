export const P99_MS = 50;
/** One pause of the machine is not a contender's limit. */
const TRIES = 2;
const FIRST_RATE = 1_000;
const LEAST_RATE = 50;
const COARSE = 1.5;
const FINE = 1.15;

/**
 * The highest offered rate that a contender holds with p99 within bounds. The first search goes in large steps; the
 * later ones begin where the last one ended.
 */
export async function heldRate(contender, measure) {
  const found = new Map();
  const holds = async (rate) => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const { p99Ms, unacked } = await measure({ rate: Math.round(rate) });
      found.set(Math.round(rate), p99Ms);
      if (p99Ms !== null && p99Ms <= P99_MS && unacked === 0) return true;
    }
    return false;
  };
  const start = contender.heldPerSecond ?? (await walk(FIRST_RATE, COARSE, holds));
  contender.heldPerSecond = await walk(start, FINE, holds);
  return { heldPerSecond: Math.round(contender.heldPerSecond), tried: Object.fromEntries(found) };
}

/** Up while it holds, else down until it does. */
async function walk(start, step, holds) {
  let rate = start;
  if (await holds(rate)) {
    while (await holds(rate * step)) rate *= step;
    return rate;
  }
  while (rate > LEAST_RATE) {
    rate /= step;
    if (await holds(rate)) return rate;
  }
  return 0;
}
