import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FIGURES } from './ratios.mjs';

const LABELS = new Map(FIGURES.map(({ key, label }) => [key, label]));

export function print({ machine, load, versions, options, phases }) {
  say('');
  say(
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${versions.node}`,
  );
  say(
    `PostgreSQL ${versions.postgres} (one commit to disk ${machine.commitToDiskMs.toFixed(2)} ms), Redis ${versions.redis}, Socket.IO ${versions['socket.io']}`,
  );
  say(
    `${options.pairs} pairs, ${options.repetitions} x ${options.seconds} s; medians (lowest to highest), ratio: ServiHub / Socket.IO; load before and after: ${load.map((of) => of.toFixed(1)).join(', ')}`,
  );
  for (const phase of phases) printPhase(phase);
}

function printPhase({ name, figures, faults }) {
  say('');
  say(row(name, 'Socket.IO', 'ServiHub', 'ratio'));
  for (const { key, socketio, servihub, ratio } of figures)
    say(row(`  ${LABELS.get(key)}`, show(socketio), show(servihub), show(ratio, 2)));
  for (const [contender, counts] of Object.entries(faults)) {
    const found = Object.entries(counts).filter(([, count]) => count > 0);
    if (found.length > 0)
      say(`  ${contender}: ${found.map((pair) => pair.reverse().join(' ')).join(', ')}`);
  }
}

function show({ median, min, max }, digits) {
  const text = (value) => value.toLocaleString('en', digitsOf(digits ?? (value < 100 ? 1 : 0)));
  return `${text(median)} (${text(min)} - ${text(max)})`;
}

const digitsOf = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

const row = (label, ...cells) => label.padEnd(34) + cells.map((cell) => cell.padStart(25)).join('');

export async function save(file, result) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${formatted(result)}\n`);
  say(`\nWritten to ${file}`);
}

/** As the formatter of this repository wants it: lists of numbers on one line. */
function formatted(result) {
  const text = JSON.stringify(result, null, 2);
  return text.replace(/\[[\d\s.,]+\]/g, (list) =>
    JSON.stringify(JSON.parse(list)).replaceAll(',', ', '),
  );
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
