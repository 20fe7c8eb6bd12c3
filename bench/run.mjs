// npm run bench -- NAME [options]: runs bench/NAME.mjs and stops whatever it started, also on Ctrl-C.
import '../scripts/typescript.mjs';
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { onStop, stopAll } from './support/stops.mjs';

const OPTIONS = {
  seconds: { type: 'string', default: '3' },
  pairs: { type: 'string', default: '100' },
  repetitions: { type: 'string', default: '5' },
  connections: { type: 'string', default: '10000' },
  messages: { type: 'string', default: '1000000' },
  rates: { type: 'string', default: '500,1000,2000,4000' },
  window: { type: 'string', default: '4' },
  'peer-client': { type: 'string', default: 'raw' },
  json: { type: 'string' },
  profile: { type: 'string' },
  snapshot: { type: 'string' },
};

const USAGE = `npm run bench -- NAME [--repetitions N] [--seconds N] [--connections N] [--messages N] [--pairs N] [--rates N,N,...]
                    [--window N] [--json FILE] [--profile FOLDER] [--snapshot FOLDER] [--peer-client raw|library]
NAME: ${names().join(', ')}`;

function names() {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
    .map((file) => file.slice(0, -4));
}

function readName() {
  const { positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [name] = positionals;
  if (positionals.length !== 1 || !names().includes(name)) throw new Error('Which benchmark?');
  return name;
}

/** What a benchmark says of itself comes before what holds for all of them. */
function readOptions(defaults) {
  const options = Object.entries(OPTIONS).map(([name, { type, default: usual }]) => {
    const value = defaults[name] ?? usual;
    return [name, value === undefined ? { type } : { type, default: value }];
  });
  const { values } = parseArgs({ options: Object.fromEntries(options), allowPositionals: true });
  return {
    seconds: positive('seconds', values.seconds),
    pairs: positive('pairs', values.pairs),
    repetitions: positive('repetitions', values.repetitions),
    connections: positive('connections', values.connections),
    messages: positive('messages', values.messages),
    window: positive('window', values.window),
    rates: values.rates.split(',').map((rate) => positive('rates', rate)),
    library: oneOf('peer-client', values['peer-client'], ['raw', 'library']) === 'library',
    json: values.json,
    profile: values.profile,
    snapshot: values.snapshot,
  };
}

function positive(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number.`);
  return value;
}

function oneOf(name, text, allowed) {
  if (!allowed.includes(text)) throw new Error(`--${name} must be one of ${allowed.join(', ')}.`);
  return text;
}

let finished;

/** The first reason to end is the one that counts: what is being stopped fails afterwards. */
function finish(code) {
  finished ??= stopAll().then(() => process.exit(code));
  return finished;
}

async function main() {
  const { run, longestSeconds, options } = await read();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => finish(130));
  const watchdog = setTimeout(
    () => fail(new Error('It takes far too long.')),
    longestSeconds(options) * 1_000,
  );
  onStop(async () => clearTimeout(watchdog));
  await run(options);
  await finish(0);
}

async function read() {
  try {
    const benchmark = await import(`./${readName()}.mjs`);
    return { ...benchmark, options: readOptions(benchmark.defaults ?? {}) };
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    process.exit(2);
  }
}

function fail(error) {
  if (finished) return finished;
  process.stderr.write(`${error.stack}\n`);
  return finish(1);
}

await main().catch(fail);
