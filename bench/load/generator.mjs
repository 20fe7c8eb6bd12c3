// The load generator: a process of its own for each contender, told by messages of its parent what to do.
import { setTimeout as wait } from 'node:timers/promises';
import { eachOf } from '../support/each-of.mjs';
import { closedLoop, openLoop } from './loops.mjs';
import { Meter } from './meter.mjs';
import { Pair } from './pair.mjs';

const DRAIN_MS = 15_000;

const pairs = [];

const orders = {
  async connect({ client, targets }) {
    const dialect = await import(`./clients/${client}.mjs`);
    const open = (index) => Pair.open(dialect, targets[index], fail);
    pairs.push(...(await eachOf(targets.length, open)));
  },
  async measure({ phase, seconds, rampSeconds }) {
    const meter = new Meter({ seconds, rampSeconds });
    const before = { cpu: process.cpuUsage(), ...totals() };
    for (const pair of pairs) Object.assign(pair, { meter, onAck: () => {} });
    await (phase.rate ? openLoop : closedLoop)(pairs, meter, phase);
    await drained();
    return { ...meter.summary(), ...since(before) };
  },
};

async function drained() {
  const deadline = performance.now() + DRAIN_MS;
  while (!pairs.every(({ isIdle }) => isIdle) && performance.now() < deadline) await wait(10);
}

function totals() {
  const sum = (read) => pairs.reduce((total, pair) => total + read(pair), 0);
  return {
    messages: sum((pair) => pair.acked),
    unacked: sum((pair) => pair.sent - pair.acked),
    lost: sum((pair) => pair.under.size),
    reordered: sum((pair) => pair.reordered),
    repeated: sum((pair) => pair.repeated),
  };
}

function since(before) {
  const { user, system } = process.cpuUsage(before.cpu);
  const now = totals();
  const counts = Object.keys(now).map((name) => [name, now[name] - before[name]]);
  return { ...Object.fromEntries(counts), generatorCpuMs: (user + system) / 1_000 };
}

function fail(reason) {
  process.send({ error: `${reason}` }, () => process.exit(1));
}

process.on('message', ({ order, ...details }) => {
  orders[order](details).then(
    (result) => process.send({ result }),
    (error) => fail(error.stack),
  );
});
process.on('disconnect', () => process.exit(0));
