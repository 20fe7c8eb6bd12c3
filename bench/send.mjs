import { setTimeout as wait } from 'node:timers/promises';
import { startServiHub } from './contenders/servihub.mjs';
import { startSocketIo } from './contenders/socketio.mjs';
import { startGenerator } from './load/generator-process.mjs';
import { difference, readCpu } from './support/cpu.mjs';
import { describeMachine, describeVersions, readLoad } from './support/machine.mjs';
import { summarise } from './support/ratios.mjs';
import { print, save } from './support/report.mjs';
import { inDatabase, startServices } from './support/services.mjs';

/** Connections to PostgreSQL of each node, for both: the default of `pg` and of our configuration. */
const POOL_MAX = 10;
const PAUSE_MS = 200;
const RAMP_SHARE = 0.1;

/** Persisted one-to-one messages through two nodes, beside two nodes of the peer, in turn. */
export async function run(options) {
  const services = await startServices();
  const setting = { ...services, ...options, poolMax: POOL_MAX };
  const machine = describeMachine(services.folder);
  const load = [readLoad()];
  const contenders = [
    await enter(await startSocketIo(setting), services),
    await enter(await startServiHub(setting), services),
  ];
  const phases = phasesOf(options);
  await warmUp(contenders, options);
  const rounds = await measureInTurn(contenders, phases, options);
  load.push(readLoad());
  const versions = describeVersions(await versionsOf(services));
  const result = {
    benchmark: 'send',
    date: new Date().toISOString(),
    machine,
    load,
    versions,
    options,
  };
  const finished = { ...result, phases: summarise(phases, rounds), rounds };
  print(finished);
  if (options.json) await save(options.json, finished);
}

export function longestSeconds(options) {
  const measurements = 2 * (options.repetitions + 1) * phasesOf(options).length;
  return 120 + measurements * (2 * options.seconds + 15);
}

function phasesOf({ window, rates }) {
  const open = rates.map((rate) => ({ name: `${rate}/s offered`, rate }));
  return [{ name: `${window} in flight a pair`, window }, ...open];
}

async function enter(contender, { postgres, redis }) {
  const generator = await startGenerator(contender);
  const groups = { nodes: contender.pids, postgres: [postgres.pid], redis: [redis.pid] };
  return { name: contender.name, groups, generator };
}

async function warmUp(contenders, { seconds, window }) {
  const phase = { window };
  for (const contender of contenders) await measure(contender, phase, Math.min(5, seconds / 2));
}

/** Each measurement of the one stands beside the same of the other, so that both meet the same machine. */
async function measureInTurn(contenders, phases, { repetitions, seconds }) {
  const rounds = [];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const phase of phases) {
      process.stdout.write(`Repetition ${repetition} of ${repetitions}: ${phase.name}\n`);
      for (const contender of contenders) {
        const figures = await measure(contender, phase, seconds);
        rounds.push({ repetition, phase: phase.name, contender: contender.name, ...figures });
      }
    }
  }
  return rounds;
}

async function measure({ generator, groups }, phase, seconds) {
  await wait(PAUSE_MS);
  const before = readCpu(groups);
  const { generatorCpuMs, ...figures } = await generator.measure({
    phase,
    seconds,
    rampSeconds: seconds * RAMP_SHARE,
  });
  const cpuMs = { ...difference(before, readCpu(groups)), generator: generatorCpuMs };
  return { ...figures, ...perMessage(cpuMs, figures.messages) };
}

function perMessage({ nodes, postgres, redis, generator }, messages) {
  const each = (ms) => (ms * 1_000) / messages;
  return {
    nodesCpuUs: each(nodes),
    postgresCpuUs: each(postgres),
    redisCpuUs: each(redis),
    serversCpuUs: each(nodes + postgres + redis),
    generatorCpuUs: each(generator),
  };
}

async function versionsOf({ postgres, redis }) {
  const { rows } = await inDatabase(postgres.url('postgres'), (c) =>
    c.query('show server_version'),
  );
  return { postgres: rows[0].server_version, redis: redis.version };
}
