// A process that runs the embedded PostgreSQL in the folder given, and ends in the ways a process may end.
import '../../scripts/typescript.mjs';

const { startEmbeddedPostgres } = await import('../../src/platform/postgres/embedded.ts');
const log = { info() {}, error() {} };
await startEmbeddedPostgres({ dataDir: process.argv[2], log });
process.on('SIGUSR2', () => process.exit(1));
process.stdout.write('ready\n');
setInterval(() => {}, 60_000);
