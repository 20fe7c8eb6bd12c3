import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from './logger.js';

/** The lock that `prisma migrate deploy` takes: the two may be mixed. */
const LOCK = 72_707_369;

const TABLE = `create table if not exists "_prisma_migrations" (
  id                  varchar(36) primary key not null,
  checksum            varchar(64) not null,
  finished_at         timestamptz,
  migration_name      varchar(255) not null,
  logs                text,
  rolled_back_at      timestamptz,
  started_at          timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface Applied {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database to the newest migration of `dir` and answers the names it applied.
 * Any number of nodes may call it at once. Each migration runs in one transaction together with its
 * row in `_prisma_migrations`: one that fails, or whose process is killed, leaves no trace.
 */
export async function migrate(
  url: string,
  dir: string,
  log: Pick<Logger, 'info' | 'warn'>,
): Promise<string[]> {
  const migrations = await readMigrations(dir);
  // No timeouts here: a node may have to wait for the long migration of another.
  const client = new pg.Client({
    connectionString: url,
    application_name: 'servihub-chat migrate',
  });
  client.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  await client.connect();
  try {
    return await applyAll(client, migrations, log);
  } finally {
    await client.end();
  }
}

async function applyAll(
  client: pg.Client,
  migrations: readonly Migration[],
  log: Pick<Logger, 'info'>,
): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const name = await applyNext(client, migrations);
    if (name === undefined) return names;
    log.info({ migration: name }, 'migration applied');
    names.push(name);
  }
}

/** One migration per transaction; the lock ends with it, also behind a pooler that shares sessions. */
async function applyNext(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  await client.query('begin');
  try {
    const next = await nextMigration(client, migrations);
    if (next) await apply(client, next);
    await client.query('commit');
    return next?.name;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

async function nextMigration(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<Migration | undefined> {
  await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
  await client.query(TABLE);
  const applied = await readApplied(client);
  for (const row of applied) refuseBroken(row, migrations);
  const done = new Set(applied.map((row) => row.name));
  return migrations.find((migration) => !done.has(migration.name));
}

async function readApplied(client: pg.Client): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    `select migration_name as name, checksum, finished_at is not null as finished
       from "_prisma_migrations" where rolled_back_at is null order by started_at`,
  );
  return rows;
}

/** A row without a file is left alone: a newer release ran here, and this node is about to go. */
function refuseBroken(row: Applied, migrations: readonly Migration[]): void {
  if (!row.finished) {
    throw new MigrationError(
      `Migration ${row.name} failed half way in an earlier run of prisma. Repair the schema by hand, then: ` +
        `update "_prisma_migrations" set rolled_back_at = now() where migration_name = '${row.name}' and finished_at is null;`,
    );
  }
  const file = migrations.find((migration) => migration.name === row.name);
  if (file && file.checksum !== row.checksum) {
    throw new MigrationError(
      `Migration ${row.name} was edited after it was applied to this database. Restore the file and put the change into a new migration.`,
    );
  }
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  // Rather fail and be started again than block every query behind a lock that cannot be had.
  await client.query(`set local lock_timeout = '10s'`);
  await client.query(
    `insert into "_prisma_migrations" (id, checksum, migration_name) values ($1, $2, $3)`,
    [randomUUID(), checksum, name],
  );
  await client.query(sql).catch((error: unknown) => {
    throw failure(name, sql, error);
  });
  await client.query(
    `update "_prisma_migrations" set finished_at = clock_timestamp(), applied_steps_count = 1
      where migration_name = $1 and finished_at is null and rolled_back_at is null`,
    [name],
  );
}

function failure(name: string, sql: string, cause: unknown): MigrationError {
  const { message, position } = cause as pg.DatabaseError;
  const line = position ? sql.slice(0, Number(position)).split('\n').length : undefined;
  const place = line ? `${name}/migration.sql:${line}` : `${name}/migration.sql`;
  return new MigrationError(`Migration failed and was undone: ${place}: ${message}`, { cause });
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readMigration(dir, name)));
}

async function readMigration(dir: string, name: string): Promise<Migration> {
  const bytes = await readFile(join(dir, name, 'migration.sql'));
  const checksum = createHash('sha256').update(bytes).digest('hex');
  return { name, sql: bytes.toString('utf8'), checksum };
}
