import { isDataError } from './data-error.js';
import type { Send, SendResult } from './send.js';

/** Rows of one statement. */
const MAX_BATCH = 256;
/** Statements in flight while much waits: a few large batches cost the database least. */
const DEPTH = 4;
/** While little waits a free connection is worth more than a larger batch. */
const LITTLE = 4;
const DEPTH_FOR_LITTLE = 8;

export type StoreBatch = (sends: readonly Send[]) => Promise<SendResult[]>;

export interface Writer {
  /** Resolves after the commit; rejects when the outcome is not known to be stored. */
  write(send: Send): Promise<SendResult>;
  /** Resolves when nothing is waiting or in flight. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly send: Send;
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
export function createWriter(store: StoreBatch): Writer {
  let queue: Waiting[] = [];
  const busy = new Set<string>();
  const idlers: (() => void)[] = [];
  let inFlight = 0;
  let planned = false;

  const pump = () => {
    planned = false;
    while (inFlight < depthFor(queue.length) && queue.length > 0) {
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
    await settle(store, batch);
    inFlight--;
    for (const id of conversations) busy.delete(id);
    pump();
    if (inFlight === 0 && queue.length === 0) for (const done of idlers.splice(0)) done();
  };

  return {
    write: (send) =>
      new Promise((resolve, reject) => {
        queue.push({ send, resolve, reject });
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

const depthFor = (waiting: number): number => (waiting <= LITTLE ? DEPTH_FOR_LITTLE : DEPTH);

/** The next batch in order of arrival. Once a conversation has to wait, all its later sends wait behind. */
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
      (alone && taken.has(conversationId))
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

async function settle(
  store: StoreBatch,
  batch: readonly Waiting[],
  isRepeat = false,
): Promise<void> {
  try {
    const results = await store(batch.map(({ send }) => send));
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as SendResult);
  } catch (error) {
    // One bad row must not cost the others their answer. The statement was undone as a whole, and keys make repeats safe.
    // A row that was alone may have met a conversation that was being opened: the repeat sees it.
    if (!isRepeat && isDataError(error)) {
      for (const waiting of batch) await settle(store, [waiting], true);
      return;
    }
    for (const { reject } of batch) reject(error);
  }
}
