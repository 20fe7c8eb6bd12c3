import { isDataError } from './data-error.js';
import { isOrdinary, type Send, type SendResult } from './send.js';

/** Rows of one statement. */
const MAX_BATCH = 256;
/** Statements in flight, at most. */
const DEPTH = 6;
/** One that takes longer waits for somebody's lock: it does not count, so that others go on. */
const HANGING_MS = 100;
/** Of them, at most: the pool has other users. */
const HANGING = 4;

/** Null for a send: nothing was stored of it, it needs more care. */
export interface Store {
  /** Stores ordinary sends, all of a conversation or none. */
  quick(sends: readonly Send[]): Promise<readonly (SendResult | null)[]>;
  /** Answers every send but those of a conversation that somebody else holds. A single conversation is waited for. */
  full(sends: readonly Send[]): Promise<readonly (SendResult | null)[]>;
}

export interface Writer {
  /** Resolves after the commit; rejects when the outcome is not known to be stored. */
  write(send: Send): Promise<SendResult>;
  /** Resolves when nothing is waiting or in flight. */
  idle(): Promise<void>;
}

/** How much trouble a send is worth: each step settles what the one before could not. */
type Care = 'quick' | 'full' | 'alone';
const MORE: Readonly<Record<Care, Care>> = { quick: 'full', full: 'alone', alone: 'alone' };

interface Waiting {
  readonly send: Send;
  care: Care;
  resolve(result: SendResult): void;
  reject(error: unknown): void;
}

/**
 * Group commit: what arrives while statements are in flight forms the next batch. No timer: a batch is whatever
 * waited, so a lone send goes at once.
 *
 * A conversation is in one batch at a time, so sends of one session keep their order whatever connection they take.
 * Conditional sends are alone in their conversation's batch, and two sends with one key never share one.
 */
export function createWriter(store: Store): Writer {
  let queue: Waiting[] = [];
  const busy = new Set<string>();
  const idlers: (() => void)[] = [];
  let inFlight = 0;
  let hanging = 0;
  let planned = false;

  const pump = () => {
    planned = false;
    while (queue.length > 0 && isWorthIt(inFlight - Math.min(hanging, HANGING), queue.length)) {
      const { batch, rest } = takeBatch(queue, busy);
      if (batch.length === 0) return;
      queue = rest;
      void run(batch);
    }
  };

  const run = async (batch: readonly Waiting[]) => {
    const conversations = new Set(batch.map(({ send }) => send.conversationId));
    for (const id of conversations) busy.add(id);
    inFlight++;
    const stopWatch = watch();
    const unsettled = await settle(store, batch);
    stopWatch();
    inFlight--;
    for (const id of conversations) busy.delete(id);
    if (unsettled.length > 0) queue = [...unsettled, ...queue];
    pump();
    if (inFlight === 0 && queue.length === 0) for (const done of idlers.splice(0)) done();
  };

  const watch = () => {
    let isHanging = false;
    const timer = setTimeout(() => {
      isHanging = true;
      hanging++;
      pump();
    }, HANGING_MS);
    return () => {
      clearTimeout(timer);
      if (isHanging) hanging--;
    };
  };

  return {
    write: (send) =>
      new Promise((resolve, reject) => {
        queue.push({ send, care: isOrdinary(send) ? 'quick' : 'full', resolve, reject });
        // Sends of one turn of the event loop share a batch.
        if (!planned) queueMicrotask(pump);
        planned = true;
      }),
    idle: () =>
      inFlight === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise((done) => idlers.push(done)),
  };
}

/**
 * One more statement costs PostgreSQL as much as several more rows in the next one, so each needs twice the company of
 * the one before. While commits are quick there is mostly one; while they are slow, or much waits, there are several.
 */
const isWorthIt = (inFlight: number, waiting: number): boolean =>
  inFlight < DEPTH && waiting >= 2 ** inFlight;

/** The next batch in order of arrival, of one care. Once a conversation has to wait, all its later sends wait behind. */
function takeBatch(
  queue: readonly Waiting[],
  busy: ReadonlySet<string>,
): { batch: Waiting[]; rest: Waiting[] } {
  const blocked = new Set(busy);
  const taken = new Set<string>();
  const keys = new Set<string>();
  const batch: Waiting[] = [];
  const rest: Waiting[] = [];
  for (const waiting of queue) {
    const { conversationId, sender, clientId, ifLastSeq } = waiting.send;
    const key = `${conversationId} ${sender.id} ${clientId}`;
    const alone = ifLastSeq !== null;
    if (
      batch.length >= MAX_BATCH ||
      blocked.has(conversationId) ||
      keys.has(key) ||
      (alone && taken.has(conversationId)) ||
      !fits(waiting, batch[0])
    ) {
      blocked.add(conversationId);
      rest.push(waiting);
      continue;
    }
    taken.add(conversationId);
    keys.add(key);
    batch.push(waiting);
    if (alone) blocked.add(conversationId);
  }
  return { batch, rest };
}

function fits({ care, send }: Waiting, first: Waiting | undefined): boolean {
  if (first === undefined) return true;
  return (
    care === first.care && (care !== 'alone' || send.conversationId === first.send.conversationId)
  );
}

/** Answers with what needs more care, in its order. */
async function settle(store: Store, batch: readonly Waiting[]): Promise<Waiting[]> {
  const [{ care }] = batch as readonly [Waiting];
  const sends = batch.map(({ send }) => send);
  try {
    const results = await (care === 'quick' ? store.quick(sends) : store.full(sends));
    return batch.filter((waiting, index) => {
      const result = results[index];
      if (result) waiting.resolve(result);
      else waiting.care = MORE[care];
      return !result;
    });
  } catch (error) {
    if (isDataError(error)) return divide(store, batch, error);
    for (const { reject } of batch) reject(error);
    return [];
  }
}

/**
 * One bad row must not cost the others their answer. The statement was undone as a whole, and keys make repeats safe.
 * A row that was alone may have lost a race, for its key or for the one open conversation: the next statement sees the winner.
 */
async function divide(store: Store, batch: readonly Waiting[], error: unknown): Promise<Waiting[]> {
  const [first] = batch as readonly [Waiting];
  if (batch.length > 1) return settleHalves(store, batch);
  if (first.care === 'alone') {
    first.reject(error);
    return [];
  }
  first.care = MORE[first.care];
  return [first];
}

/** What the first half leaves unsettled goes before what the second has of the same conversation. */
async function settleHalves(store: Store, batch: readonly Waiting[]): Promise<Waiting[]> {
  const middle = batch.length >> 1;
  const unsettled = await settle(store, batch.slice(0, middle));
  const conversations = new Set(unsettled.map(({ send }) => send.conversationId));
  const behind = ({ send }: Waiting) => conversations.has(send.conversationId);
  const second = batch.slice(middle);
  const free = second.filter((waiting) => !behind(waiting));
  unsettled.push(...second.filter(behind));
  return free.length === 0 ? unsettled : [...unsettled, ...(await settle(store, free))];
}
