import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Milliseconds of CPU that each group has used so far; a process counts with its children, ended ones too. */
export function readCpu(groups) {
  const processes = readProcesses();
  const used = Object.entries(groups).map(([name, pids]) => [name, usedBy(pids, processes)]);
  return Object.fromEntries(used);
}

export function difference(before, after) {
  return Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
}

function usedBy(pids, processes) {
  const ticks = processes
    .filter(({ pid, parent }) => pids.includes(pid) || pids.includes(parent))
    .reduce((sum, process) => sum + process.ticks, 0);
  return ticks * TICK_MS;
}

function readProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(Number(pid)));
}

/** proc(5): after the name in parentheses come state, ppid and, as fields 14 to 17, utime, stime, cutime and cstime. */
function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [{ pid, parent: Number(fields[1]), ticks }];
  } catch {
    return [];
  }
}

/** Calls of write(2) and writev(2) so far; proc(5), `io`. Ended children do not count. */
export function countWrites(pids) {
  return pids.reduce((sum, pid) => {
    const [, count] = /^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'));
    return sum + Number(count);
  }, 0);
}
