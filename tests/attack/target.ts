import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/database.js';
import { cloneDatabase } from '../support/database.js';
import { silent } from '../support/log.js';
import { createBusiness, meet, meetAgent, openSupport, type Person } from '../support/people.js';
import { json, Peer } from './raw.js';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const LOADER = new URL('./typescript.mjs', import.meta.url).href;
/** Generous: the sources are translated at each start, on a machine that may be busy. */
export const START_MS = 60_000;
/** Generous: what a flood may cost for a moment, and nothing that would add up. */
const MAX_GROWTH_BYTES = 50 << 20;

/** A node in a process of its own that is attacked, and what tells whether it took harm. */
export interface Target {
  readonly url: string;
  readonly port: number;
  readonly database: Database;
  readonly customer: Person;
  readonly agent: Person;
  /** Takes part in nothing. */
  readonly stranger: Person;
  readonly conversationId: string;
  /** Of the other business's customer. */
  readonly foreignId: string;
  /** Everything it has logged, at the level `trace`. */
  log(): string;
  /**
   * The same process serves others as before, has stored nothing but what was meant to be, is no fatter, and says
   * nothing about its callers' secrets.
   */
  expectUnharmed(secrets?: readonly string[]): Promise<void>;
  /** What is stored now is meant to be. */
  settle(): Promise<void>;
  /** A WebSocket of the customer in their conversation. */
  connect(query?: string): Promise<Peer>;
  stop(): Promise<void>;
}

export async function startTarget(env: Readonly<Record<string, string>> = {}): Promise<Target> {
  const cloned = await cloneDatabase();
  const database = openDatabase({ url: cloned.url, max: 2, log: silent });
  const { child, port, said } = await startChild(cloned.url, env);
  const url = `http://127.0.0.1:${port}`;
  const people = await settleIn(url, database);
  const { customer, agent, stranger, conversationId } = people;
  let rows = await countRows(database);
  const rss = await memoryOf(child);
  let seen = 0;

  const connect = (token: string) => async (query?: string) => {
    const path = query ?? `conversationId=${conversationId}`;
    return (await Peer.connect(port)).upgrade(`/ws?${path}`, [`Authorization: Bearer ${token}`]);
  };
  const serves = async () => {
    const [sender, receiver] = await Promise.all([
      connect(customer.token)(),
      connect(agent.token)(),
    ]);
    const body = `control ${randomUUID()}`;
    sender.write(json({ type: 'message', id: 'control', body }));
    await sender.text(({ type, id }) => type === 'ack' && id === 'control');
    await receiver.text((frame) => frame.type === 'message' && frame.body === body);
    sender.destroy();
    receiver.destroy();
  };
  // The agent takes part from the first control on, and not only with its own message.
  await serves();
  rows = await countRows(database);

  return {
    url,
    port,
    database,
    ...people,
    stranger,
    log: () => said.join(''),
    settle: async () => {
      rows = await countRows(database);
    },
    expectUnharmed: async (secrets = []) => {
      await serves();
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      const stored = await countRows(database);
      expect(stored).toEqual({ ...rows, Message: rows.Message + 1 });
      rows = stored;
      expect((await memoryOf(child)) - rss).toBeLessThan(MAX_GROWTH_BYTES);
      const log = said.join('').slice(seen);
      seen += log.length;
      expect(faultsIn(log)).toEqual([]);
      for (const secret of [...secrets, customer.token, agent.token]) expectAbsent(log, secret);
    },
    connect: connect(customer.token),
    stop: async () => {
      const gone = once(child, 'close');
      child.kill('SIGTERM');
      await gone;
      await database.close();
      await cloned.drop();
    },
  };
}

async function startChild(databaseUrl: string, env: Readonly<Record<string, string>>) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--enable-source-maps', '--import', LOADER, CHILD],
    {
      env: {
        PATH: process.env.PATH ?? '',
        DATABASE_URL: databaseUrl,
        NODE_ENVIRONMENT: JSON.stringify(env),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = once(child, 'close').then(() => {
    throw new Error(`The node ended:\n${said.join('').slice(-4_000)}`);
  });
  ended.catch(() => {});
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  return { child, port, said };
}

async function settleIn(url: string, database: Database) {
  const [business, other] = [await createBusiness(database), await createBusiness(database)];
  const customer = await meet(url);
  const agent = await meetAgent(url, business);
  const stranger = await meet(url);
  const { id: conversationId } = await openSupport(url, customer, business);
  const { id: foreignId } = await openSupport(url, await meet(url), other);
  return { customer, agent, stranger, conversationId, foreignId };
}

async function countRows({ prisma }: Database) {
  const [Message, Conversation, User, Participant, ReadMark] = await Promise.all([
    prisma.message.count(),
    prisma.conversation.count(),
    prisma.user.count(),
    prisma.participant.count(),
    prisma.readMark.count(),
  ]);
  return { Message, Conversation, User, Participant, ReadMark };
}

async function memoryOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('memory');
  return ((await answer) as [{ rss: number }])[0].rss;
}

/** Lines of the levels `error` and `fatal`, and what is no line of the log at all. */
function faultsIn(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line !== '' && (!line.startsWith('{') || /^\{"level":[56]0/.test(line)));
}

/** As text, or as the numbers of its bytes. */
function expectAbsent(log: string, secret: string): void {
  expect(log).not.toContain(secret);
  expect(log).not.toContain([...Buffer.from(secret)].slice(0, 12).join(','));
}
