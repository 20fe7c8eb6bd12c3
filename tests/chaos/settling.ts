import { setTimeout as wait } from 'node:timers/promises';
import type { QueryResultRow } from 'pg';
import { type Row, type Stuck, Truth } from './checker/evidence.js';
import type { Client } from './clients/client.js';
import type { Cluster } from './cluster/cluster.js';
import type { History } from './history.js';

const POLL_MS = 250;
const REPORT_MS = 15_000;
/** Every unanswered send is repeated; a busy machine may be slow at it, but it gets on. */
const STANDSTILL_MS = 90_000;
/** What no hint announced is found by the sweep, well within. */
const TAIL_MS = 45_000;
const COMEBACK_MS = 90_000;
/** Grace and the lease of a dead node's people, and some more. */
const PRESENCE_MS = 120_000;

/** Gives up once `progress` has stood still for too long. */
async function untilStandstill(holds: () => boolean, progress: () => number): Promise<void> {
  for (let last = -1; !holds() && progress() !== last; ) {
    last = progress();
    await until(() => holds() || progress() !== last, STANDSTILL_MS);
  }
}

async function until(holds: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > deadline) return false;
    await wait(POLL_MS);
  }
  return true;
}

/** Waits until everybody is connected and what was sent is answered; answers whose sends are not. */
export async function unanswered(
  clients: readonly Client[],
  { acks, links }: History,
  say: (line: string) => void,
): Promise<string[]> {
  const waiting = () => clients.filter((one) => !one.isSettled || !one.isConnected);
  const report = setInterval(() => say(describe(waiting())), REPORT_MS);
  await untilStandstill(
    () => waiting().length === 0,
    () => acks.length + links.length,
  );
  clearInterval(report);
  return clients.filter((one) => !one.isSettled).map(({ name }) => name);
}

function describe(waiting: readonly Client[]): string {
  const some = waiting.slice(0, 3).map(({ name, kind, isConnected }) => {
    return `${name} (${kind}, ${isConnected ? 'connected' : 'not connected'})`;
  });
  return `  waiting for ${waiting.length}: ${some.join(', ')}`;
}

/** What PostgreSQL holds, past all proxies. */
export async function readTruth({ postgres }: Cluster): Promise<Truth> {
  const heads = await postgres.ask<{ id: string; lastSeq: number }>(
    'select "id", "lastSeq" from "Conversation"',
  );
  const rows = await postgres.ask<Row & QueryResultRow>(
    `select "conversationId", "seq", "changeSeq", "senderId", "clientId", "body" from "Message" order by "conversationId", "seq"`,
  );
  const headOf = new Map(heads.map(({ id, lastSeq }) => [id, lastSeq]));
  return new Truth(rows, headOf);
}

/** In the quiet, without coming back: everybody who is connected has to reach the head. */
export async function laggards(clients: readonly Client[], truth: Truth): Promise<string[]> {
  const connected = clients.filter((one) => one.isConnected);
  const behind = () => connected.flatMap((one) => one.behind(truth));
  await until(() => behind().length === 0, TAIL_MS);
  return behind();
}

/** Everybody comes back once more. */
export async function stragglers(clients: readonly Client[], truth: Truth): Promise<string[]> {
  for (const one of clients) one.cut();
  const behind = () => clients.flatMap((one) => one.behind(truth));
  await until(() => clients.every((one) => one.isConnected) && behind().length === 0, COMEBACK_MS);
  const away = clients.filter((one) => !one.isConnected).map(({ name }) => `${name} is not back`);
  return [...behind(), ...away];
}

/** Some go for good; those who know them have to see it. Holdings are to be taken before. */
export async function stuckPresence(clients: readonly Client[], share: number): Promise<Stuck[]> {
  const ids = [...new Set(clients.map(({ person }) => person.id))];
  const leaving = new Set(ids.slice(0, Math.ceil(ids.length * share)));
  const gone = clients.filter(({ person }) => leaving.has(person.id));
  const watching = clients.filter(({ person }) => !leaving.has(person.id));
  for (const one of gone) one.stop();
  const stuck = () => watching.flatMap((one) => seenBy(one, leaving));
  await until(() => stuck().length === 0, PRESENCE_MS);
  return stuck();
}

function seenBy(client: Client, gone: ReadonlySet<string>): Stuck[] {
  return [...gone].flatMap((userId) => {
    const status = client.statusOf(userId);
    const isShown = status !== undefined && status !== 'offline';
    return isShown ? [{ userId, seenBy: client.name, status }] : [];
  });
}
