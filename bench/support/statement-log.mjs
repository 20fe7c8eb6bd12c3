import { open, stat } from 'node:fs/promises';
import { inDatabase } from './services.mjs';

/** `2026-11-21 15:00:00.000 UTC [123] LOG:  duration: 0.123 ms  execute name: SELECT ...` */
const ENTRY =
  /^[\d-]+ [\d:.]+ UTC \[(\d+)\] LOG: {2}duration: ([\d.]+) ms {2}(parse|bind|execute) [^:]*: /;

/** Lets PostgreSQL write down how long each statement takes that later connections to a database make. */
export const logStatements = (databaseUrl, name) =>
  inDatabase(databaseUrl, async (client) => {
    await client.query(`ALTER DATABASE ${name} SET log_min_duration_statement = 0`);
    await client.query(`ALTER DATABASE ${name} SET log_parameter_max_length = 0`);
  });

export const endOf = async (logFile) => (await stat(logFile)).size;

/** Milliseconds of PostgreSQL's own for every statement since a place in the log whose text holds a mark. */
export async function statementTimes(logFile, start, mark) {
  const times = [];
  const prepared = new Map();
  for (const entry of await entriesSince(logFile, start)) {
    const [head, pid, ms, step] = ENTRY.exec(entry) ?? [];
    if (!head || !entry.includes(mark)) continue;
    const sum = (prepared.get(pid) ?? 0) + Number(ms);
    prepared.set(pid, step === 'execute' ? 0 : sum);
    if (step === 'execute') times.push(sum);
  }
  return times;
}

async function entriesSince(logFile, start) {
  const handle = await open(logFile);
  try {
    const { size } = await handle.stat();
    const text = Buffer.alloc(size - start);
    await handle.read(text, 0, text.length, start);
    return text.toString().split(/^(?=\d{4}-\d\d-\d\d )/m);
  } finally {
    await handle.close();
  }
}
