import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fromSetup } from './environment.js';

export interface TestDatabase {
  readonly url: string;
  /** Also ends connections that are still open. */
  drop(): Promise<void>;
}

/** A migrated, empty database of the caller's own: some 40 ms, so one per test file. */
export function cloneDatabase(): Promise<TestDatabase> {
  return createDatabase(`template ${fromSetup('CHAT_TEST_TEMPLATE')} strategy file_copy`);
}

/** A database without any table. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('');
}

async function createDatabase(how: string): Promise<TestDatabase> {
  const run = fromSetup('CHAT_TEST_TEMPLATE').replace(/_template$/, '');
  const name = `${run}_${randomBytes(6).toString('hex')}`;
  await administrate(`create database ${name} ${how}`);
  const url = new URL(fromSetup('CHAT_TEST_POSTGRES'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administrate(`drop database if exists ${name} with (force)`),
  };
}

async function administrate(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: fromSetup('CHAT_TEST_POSTGRES') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
