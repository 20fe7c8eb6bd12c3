import { type Ack, keyOf, type Send } from '../history.js';
import type { Evidence, Violation } from './evidence.js';

/** Sends of one sequence that changed places, or announcements of the SDK that went backwards. */
export function* findReorderings(evidence: Evidence): Generator<Violation> {
  yield* sendsOutOfOrder(evidence);
  yield* callbacksOutOfOrder(evidence);
}

/**
 * What goes out on one connection keeps its order as long as nothing was repeated. The SDK sends one after the other
 * in each conversation, so there the order holds over connections and repeats.
 */
function* sendsOutOfOrder({ history }: Evidence): Generator<Violation> {
  const acks = new Map(history.acks.map((ack) => [keyOf(ack), ack]));
  const last = new Map<string, Ack>();
  for (const send of history.sends) {
    const ack = acks.get(keyOf(send));
    const sequence = sequenceOf(send, ack);
    if (!ack || sequence === null) continue;
    const before = last.get(sequence);
    if (before && before.seq > ack.seq) yield swapped(before, ack);
    last.set(sequence, ack);
  }
}

function sequenceOf({ bySdk, client, conversationId, session }: Send, ack?: Ack): string | null {
  if (bySdk) return `${client} ${conversationId}`;
  const isFirstTry = session !== null && ack?.session === session && !ack.duplicate;
  return isFirstTry ? `${session} ${conversationId}` : null;
}

const swapped = (before: Ack, after: Ack): Violation => ({
  class: 'reordered',
  detail: `${before.clientId} went out before ${after.clientId} and became ${before.seq} after ${after.seq}`,
});

function* callbacksOutOfOrder({ history }: Evidence): Generator<Violation> {
  const last = new Map<string, number>();
  for (const { client, conversationId, seq } of history.callbacks) {
    const key = `${client} ${conversationId}`;
    const before = last.get(key) ?? 0;
    if (before > seq)
      yield {
        class: 'reordered',
        detail: `${client} was told of ${seq} after ${before} in ${conversationId}`,
      };
    last.set(key, seq);
  }
}
