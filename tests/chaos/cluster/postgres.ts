import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '../../../src/platform/migrate.js';
import type { Account } from '../../../src/platform/postgres/account.js';
import { findBinaries } from '../../../src/platform/postgres/binaries.js';
import { type Cluster, initialise, launch } from '../../../src/platform/postgres/cluster.js';
import {
  type Postmaster,
  send,
  stopPostmaster,
} from '../../../src/platform/postgres/postmaster.js';

const MIGRATIONS = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
/** Durability is PostgreSQL's own default: every commit reaches the disk. */
const SETTINGS = { max_connections: '150' };
const SILENT = { info() {}, warn() {} };

/** A PostgreSQL of the run's own that may crash and recover. */
export class Postgres {
  private readonly cluster: Cluster;
  private postmaster: Postmaster | undefined;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  static async open(folder: string, account: Account | null): Promise<Postgres> {
    const binaries = await findBinaries(account, join(folder, 'postgresql'));
    const dataDir = join(folder, 'data');
    const postgres = new Postgres({
      dataDir,
      logFile: join(folder, 'postgresql.log'),
      binaries,
      account,
    });
    await initialise(postgres.cluster, {});
    await postgres.start();
    await migrate(postgres.url, MIGRATIONS, SILENT);
    return postgres;
  }

  get port(): number {
    return this.postmaster?.port ?? 0;
  }

  /** Past all proxies. */
  get url(): string {
    return urlAt(this.port);
  }

  async start(): Promise<void> {
    this.postmaster = await launch(this.cluster, { settings: SETTINGS, detached: true });
  }

  /** `immediate`: no farewell, no checkpoint; the next start recovers from the write-ahead log. */
  async crash(): Promise<void> {
    const { pid } = this.postmaster as Postmaster;
    send(pid, 'SIGQUIT');
    await stopPostmaster(pid, this.cluster.dataDir);
  }

  async stop(): Promise<void> {
    if (this.postmaster) await stopPostmaster(this.postmaster.pid, this.cluster.dataDir);
  }

  async ask<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    const client = await this.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
}

export const urlAt = (port: number): string => `postgresql://postgres@127.0.0.1:${port}/postgres`;
