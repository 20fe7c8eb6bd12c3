import { setTimeout as wait } from 'node:timers/promises';
import { eachOf } from '../support/each-of.mjs';
import { closedLoop, openLoop } from './loops.mjs';
import { Meter } from './meter.mjs';
import { Pair } from './pair.mjs';

const DRAIN_MS = 15_000;

/** Pairs of people: one sends on one node, the other receives on the other. */
export async function open(dialect, { targets }, fail) {
  const pairs = await eachOf(targets.length, (index) => Pair.open(dialect, targets[index], fail));
  return { measure: (details) => measure(pairs, details) };
}

async function measure(pairs, { phase, seconds, rampSeconds }) {
  const meter = new Meter({ seconds, rampSeconds });
  const before = totals(pairs);
  for (const pair of pairs) Object.assign(pair, { meter, onAck: () => {} });
  await (phase.rate ? openLoop : closedLoop)(pairs, meter, phase);
  await drained(pairs);
  return { ...meter.summary(), ...since(before, totals(pairs)) };
}

async function drained(pairs) {
  const deadline = performance.now() + DRAIN_MS;
  while (!pairs.every(({ isIdle }) => isIdle) && performance.now() < deadline) await wait(10);
}

function totals(pairs) {
  const sum = (read) => pairs.reduce((total, pair) => total + read(pair), 0);
  return {
    messages: sum((pair) => pair.acked),
    unacked: sum((pair) => pair.sent - pair.acked),
    lost: sum((pair) => pair.under.size),
    reordered: sum((pair) => pair.reordered),
    repeated: sum((pair) => pair.repeated),
  };
}

function since(before, now) {
  return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before[name]]));
}
