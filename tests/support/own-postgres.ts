import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { migrate } from '../../src/platform/migrate.js';
import { serverAccount } from '../../src/platform/postgres/account.js';
import { findBinaries } from '../../src/platform/postgres/binaries.js';
import { type Cluster, initialise, launch } from '../../src/platform/postgres/cluster.js';
import { stopPostmaster } from '../../src/platform/postgres/postmaster.js';
import { silent } from './log.js';
import { openRunFolder } from './runs.mjs';

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

/** A PostgreSQL of the caller's own behind an address that stays, whichever server answers there. */
export interface OwnPostgres {
  readonly url: string;
  /** Copies the data as it is now, with the server stopped. To be called while nobody is connected. */
  copyCold(): Promise<void>;
  /** The server dies, and the copy takes its place: `promoted` as a standby that takes over, else as a backup put back. */
  replaceByCopy(how: 'promoted' | 'restored'): Promise<void>;
  stop(): Promise<void>;
}

export async function ownPostgres(): Promise<OwnPostgres> {
  const account = await serverAccount('/nonexistent');
  const folder = await openRunFolder(account);
  const binaries = await findBinaries(account, join(folder, 'postgresql'));
  const clusterIn = (name: string): Cluster => {
    const dataDir = join(folder, name);
    return { dataDir, logFile: `${dataDir}.log`, binaries, account };
  };
  const [primary, copy] = [clusterIn('primary'), clusterIn('copy')];
  await initialise(primary, { flags: ['--no-sync'] });
  const relay = await startRelay();
  let halt = async () => {};

  const run = async (which: Cluster) => {
    const postmaster = await launch(which, { settings: { fsync: 'off' }, detached: false });
    halt = () => stopPostmaster(postmaster.pid, which.dataDir);
    relay.to(postmaster.port);
  };

  await run(primary);
  const url = `postgresql://postgres@127.0.0.1:${relay.port}/postgres`;
  await migrate(url, MIGRATIONS, silent);
  return {
    url,
    copyCold: async () => {
      await halt();
      await promisify(execFile)('cp', ['-a', primary.dataDir, copy.dataDir]);
      await run(primary);
      // So far ahead that the copy cannot have written as much before a node looks.
      await query(url, 'select pg_switch_wal()');
    },
    replaceByCopy: async (how) => {
      await halt();
      if (how === 'promoted') await writeFile(join(copy.dataDir, 'standby.signal'), '');
      await run(copy);
      if (how === 'promoted') await query(url, 'select pg_promote(true)');
    },
    stop: async () => {
      await halt();
      await relay.stop();
      // The last of its processes may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Passes connections on to whichever server is the present one. */
async function startRelay() {
  let target = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    to: (port: number) => {
      target = port;
    },
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
