import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds the server when a source is newer than what is built. */
export function buildIfStale(root) {
  const built = modified(join(root, 'dist/server/main.js'));
  if (built > newest(join(root, 'src'))) return;
  process.stdout.write('Building the server\n');
  const script = join(root, 'scripts/build-server.mjs');
  execFileSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true });
  return Math.max(...files.map((file) => modified(join(folder, file))));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
