// npm run db:diff -- NAME     writes the next migration from the differences between migrations and prisma/*.prisma
// npm run db:diff -- --check  exits with 2 and prints them when there are any
import './typescript.mjs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schemaDiff } from './schema-diff.mjs';

const { migrate } = await import('../src/platform/migrate.ts');
const { serverAccount } = await import('../src/platform/postgres/account.ts');
const { launchPostgres } = await import('../tests/support/postgres-server.mjs');
const { openRunFolder } = await import('../tests/support/runs.mjs');

const MIGRATIONS = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

/** Migrations applied to an empty PostgreSQL of its own, compared with the schema. */
async function differences() {
  const account = await serverAccount('/nonexistent');
  const folder = await openRunFolder(account);
  const postgres = await launchPostgres(folder, account);
  try {
    await migrate(postgres.url, MIGRATIONS, { info() {}, warn() {} });
    return await schemaDiff(postgres.url);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeMigration(name, sql) {
  const folders = (await readdir(MIGRATIONS)).filter((folder) => /^\d{4}_/.test(folder)).sort();
  const number = Number.parseInt(folders.at(-1) ?? '0', 10) + 1;
  const folder = join(MIGRATIONS, `${String(number).padStart(4, '0')}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), sql);
  return relative(process.cwd(), folder);
}

function usage() {
  process.stderr.write('Usage: npm run db:diff -- NAME | --check   (NAME: a-z, 0-9 and _)\n');
  process.exitCode = 1;
}

async function check() {
  const sql = await differences();
  if (sql === '') return;
  process.stdout.write(`The migrations do not lead to prisma/*.prisma. Missing:\n\n${sql}`);
  process.exitCode = 2;
}

async function create(name) {
  const sql = await differences();
  const said = sql === '' ? 'Nothing to do.' : `Wrote ${await writeMigration(name, sql)}.`;
  process.stdout.write(`${said}\n`);
}

async function run(word = '') {
  if (word === '--check') return check();
  if (/^[a-z0-9_]+$/.test(word)) return create(word);
  return usage();
}

await run(process.argv[2]).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
