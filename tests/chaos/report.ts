import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Violation } from './checker/evidence.js';
import type { Observation } from './experiment.js';
import type { Figures, Quantiles } from './figures.js';
import { linesOf } from './history.js';

export interface Result {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  /** Clients by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Logged by the nodes. */
  readonly errors: Readonly<Record<string, number>>;
  readonly suiteLagMs: number;
}

const CLASSES = [
  ...(['lost', 'lost-tail', 'unanswered', 'duplicated', 'reordered', 'hole', 'false-ack'] as const),
  ...(['stuck-presence', 'unhealthy'] as const),
];
const SHOWN = 8;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** For a person. */
export function* summarise({
  violations,
  figures,
  kinds,
  errors,
  suiteLagMs,
}: Result): Generator<string> {
  const { sent, acked, unknown, refused, ackLost, wireRepeats } = figures;
  yield '';
  yield `Clients      ${pairs(kinds)}`;
  yield `Messages     sent ${sent}, acknowledged ${acked}, unknown ${unknown}, refused ${refused}; acknowledgements dropped by clients ${ackLost}`;
  yield `Ack          ${timesOf(figures.acks)}`;
  yield `Delivery     ${timesOf(figures.delivery)}`;
  yield `  across     ${timesOf(figures.crossing)}   (from one node to another, by probes)`;
  yield `Reconnects   ${timesOf(figures.reconnects)}`;
  yield `On the wire  ${wireRepeats} repeated live frames; SDK errors: ${pairs(figures.sdkErrors)}`;
  yield `Suite        timers up to ${suiteLagMs} ms late; errors logged by nodes: ${pairs(errors)}`;
  yield '';
  yield* faultTable(figures);
  yield '';
  for (const name of CLASSES) yield* ofClass(name, violations);
  yield '';
}

function* faultTable({ faults }: Figures): Generator<string> {
  yield `${'Fault'.padEnd(36)}${'nodes'.padEnd(8)}${'lasted'.padStart(8)}${'delivery p50, p99, max'.padStart(34)}${'recovery'.padStart(12)}`;
  for (const { name, nodes, begin, end, delivery, recoveryMs } of faults) {
    const lasted = `${((end - begin) / 1_000).toFixed(1)} s`.padStart(8);
    const times = [delivery.p50, delivery.p99, delivery.max].map(ms).join(', ').padStart(34);
    yield `${name.padEnd(36)}${nodes.join(',').padEnd(8)}${lasted}${times}${ms(recoveryMs).padStart(12)}`;
  }
}

function* ofClass(name: string, violations: readonly Violation[]): Generator<string> {
  const found = violations.filter((violation) => violation.class === name);
  yield `${name.padEnd(16)}${found.length}`;
  for (const { detail } of found.slice(0, SHOWN)) yield `    ${detail}`;
  if (found.length > SHOWN) yield `    and ${found.length - SHOWN} more`;
}

const ms = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} ms`);

const timesOf = ({ count, p50, p99, max }: Quantiles): string =>
  `p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)} of ${count}`;

const pairs = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

/** The result as JSON, and beside it what happened, one event a line. */
export async function save(
  file: string,
  result: object,
  { history, logged }: Pick<Observation, 'history' | 'logged'>,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(`${file}.history.jsonl`, [...linesOf(history)].join('\n'));
  await writeFile(`${file}.nodes.log`, logged.join('\n'));
  say(`Written to ${file}, ${file}.history.jsonl and ${file}.nodes.log`);
}
