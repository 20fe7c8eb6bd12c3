import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OURS } from './ratios.mjs';

export function print({ benchmark, machine, load, versions, phases }) {
  say('');
  say(
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${versions.node}`,
  );
  say(
    `PostgreSQL ${versions.postgres} (one commit to disk ${machine.commitToDiskMs.toFixed(2)} ms), Redis ${versions.redis}, Socket.IO ${versions['socket.io']}`,
  );
  say(
    `${benchmark} at ${versions.commit}; medians (lowest to highest); load before and after: ${load.map((of) => of.toFixed(1)).join(', ')}`,
  );
  for (const phase of phases) printPhase(phase);
}

function printPhase({ name, figures, faults }) {
  const contenders = Object.keys(faults);
  const others = contenders.includes(OURS) ? contenders.filter((one) => one !== OURS) : [];
  say('');
  say(row(name, ...contenders, ...others.map((other) => `/ ${other}`)));
  for (const { label, values, ratios } of figures) {
    const shown = contenders.map((one) => show(values[one]));
    say(row(`  ${label}`, ...shown, ...others.map((other) => show(ratios[other], 2))));
  }
  for (const [contender, counts] of Object.entries(faults)) {
    const found = Object.entries(counts).filter(([, count]) => count > 0);
    if (found.length > 0)
      say(`  ${contender}: ${found.map((pair) => pair.reverse().join(' ')).join(', ')}`);
  }
}

function show(found, digits) {
  if (!found) return '-';
  const { median, min, max } = found;
  const text = (value) => value.toLocaleString('en', digitsOf(digits ?? (value < 100 ? 1 : 0)));
  return min === max ? text(median) : `${text(median)} (${text(min)} - ${text(max)})`;
}

const digitsOf = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

const row = (label, ...cells) => label.padEnd(58) + cells.map((cell) => cell.padStart(24)).join('');

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

export const resultFile = (name) =>
  join(RESULTS, `${name}-${new Date().toISOString().slice(0, 10)}.json`);

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

export function say(line) {
  process.stdout.write(`${line}\n`);
}
