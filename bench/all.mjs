import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commit } from './support/machine.mjs';
import { resultFile, say } from './support/report.mjs';
import { onStop } from './support/stops.mjs';

const NAMES = ['send', 'fanout', 'connect', 'idle', 'history', 'floor'];
const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));

/** One after the other. What has been measured today at this commit is not measured again, so a run can be resumed. */
export async function run() {
  const given = process.argv.slice(3);
  for (const name of NAMES) {
    if (given.length === 0 && isMeasured(name))
      say(`${name}: ${resultFile(name)} is from this commit`);
    else await runOne(name, given);
  }
}

export const longestSeconds = () => 7_200;

function isMeasured(name) {
  const present = commit();
  if (!present || present.endsWith('-dirty')) return false;
  try {
    return JSON.parse(readFileSync(resultFile(name), 'utf8')).versions.commit === present;
  } catch {
    return false;
  }
}

async function runOne(name, given) {
  say(`\n=== ${name}`);
  const child = spawn(process.execPath, [RUN, name, ...given], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onStop(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}.`);
}
