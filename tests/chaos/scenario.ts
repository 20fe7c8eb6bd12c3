import { type Experiment, run } from './experiment.js';
import { deliveryTimes, type Quantiles, quantiles } from './figures.js';
import { type Fault, type History, keyOf } from './history.js';
import type { Options } from './options.js';
import { save, say, summarise } from './report.js';
import type { Plan } from './schedule.js';

/** By then a node knows that Redis is gone, and looks into the database once a second. */
const DETECTION_MS = 6_000;
const DELIVERY_P99_MS = 1_500;
const OUTAGE_S = 60;

const PLANS: readonly Plan[] = [
  { name: 'Redis killed', at: 10, node: 0, seconds: OUTAGE_S },
  { name: 'Redis black-holed', at: 10 + OUTAGE_S + 20, node: 0, seconds: OUTAGE_S },
];

interface Outage {
  readonly name: string;
  readonly crossing: Quantiles;
  readonly acks: Quantiles;
  /** Sent in it and never acknowledged. */
  readonly unacked: number;
}

/** Redis stopped for a minute under steady load, then black-holed for a minute: the promise is about what is seen then. */
export async function runRedisOutage({ seed, out }: Options): Promise<boolean> {
  const observation = await run(experiment(seed));
  const { result, history } = observation;
  for (const line of summarise(result)) say(line);
  const outages = history.faults.map((fault) => measure(history, fault));
  for (const outage of outages) say(describe(outage));
  const problems = [...outages.flatMap(judge), ...judgeSdk(history)];
  for (const problem of problems) say(`NOT KEPT: ${problem}`);
  if (out) await save(out, { seed, outages, problems, ...result }, observation);
  return problems.length === 0 && result.violations.length === 0;
}

const experiment = (seed: number): Experiment => ({
  seed,
  seconds: 10 + OUTAGE_S + 20 + OUTAGE_S + 10,
  plans: PLANS,
  size: { direct: 20, support: 8, agents: 2, losesAcks: false },
  load: { perSecond: 40, cutEveryS: 0, changes: 0 },
  leave: 0,
  probeMs: 100,
  say,
});

function measure(history: History, { name, begin, end }: Fault): Outage {
  const sends = new Map(history.sends.map((send) => [keyOf(send), send]));
  const within = ({ at }: { at: number }) => at > begin + DETECTION_MS && at < end;
  const receivers = new Set(
    history.deliveries.map(({ client }) => client).filter((client) => client.startsWith('probe')),
  );
  const acked = new Map(history.acks.map((ack) => [keyOf(ack), ack]));
  const sent = [...sends.values()].filter(within);
  const times = sent.flatMap((send) => {
    const ack = acked.get(keyOf(send));
    return ack ? [ack.at - send.at] : [];
  });
  return {
    name,
    crossing: deliveryTimes(history, sends, within, receivers),
    acks: quantiles(times),
    unacked: sent.length - times.length,
  };
}

const describe = ({ name, crossing, acks, unacked }: Outage): string =>
  `${name}, after ${DETECTION_MS / 1_000} s: across nodes p50 ${round(crossing.p50)}, p99 ${round(crossing.p99)}, max ${round(crossing.max)} of ${crossing.count}; ` +
  `acks p99 ${round(acks.p99)} of ${acks.count}, unacknowledged ${unacked}`;

const round = (ms: number | null): string => (ms === null ? '-' : `${Math.round(ms)} ms`);

function judge({ name, crossing, unacked }: Outage): string[] {
  const { p99 } = crossing;
  const problems: string[] = [];
  if (p99 === null || p99 > DELIVERY_P99_MS)
    problems.push(`${name}: delivery p99 ${round(p99)} across nodes, above ${DELIVERY_P99_MS} ms`);
  if (unacked > 0) problems.push(`${name}: ${unacked} sends were not acknowledged`);
  return problems;
}

function judgeSdk({ sdkErrors, refusals }: History): string[] {
  const errors = sdkErrors.map(({ client, code }) => `the SDK of ${client} reported ${code}`);
  const refused = refusals.map(({ clientId, code }) => `${clientId} was refused: ${code}`);
  return [...errors, ...refused];
}
