import { execFileSync } from 'node:child_process';
import { chmodSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('slow-fsync.c', import.meta.url));
const RUN_BY_ANYBODY = 0o755;

/** A PostgreSQL whose every fsync can be made to take longer while it runs; null without a C compiler. */
export function slowDisk(folder, program) {
  const library = join(folder, 'slow-fsync.so');
  if (!compiled(library)) return null;
  const delayFile = join(folder, 'fsync-delay');
  const wrapper = join(folder, 'postgres');
  writeFileSync(delayFile, Buffer.alloc(4));
  writeFileSync(
    wrapper,
    `#!/bin/sh\nLD_PRELOAD='${library}' FSYNC_DELAY_FILE='${delayFile}' exec '${program}' "$@"\n`,
  );
  for (const file of [library, delayFile, wrapper]) chmodSync(file, RUN_BY_ANYBODY);
  const handle = openSync(delayFile, 'r+');
  return { program: wrapper, addMs: (ms) => void writeSync(handle, bytesOf(ms * 1_000), 0, 4, 0) };
}

function bytesOf(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

function compiled(library) {
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'], {
      stdio: 'pipe',
    });
    return true;
  } catch {
    return false;
  }
}
