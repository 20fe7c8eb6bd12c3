import { groupBy } from '../group-by.js';
import { type Callback, keyOf } from '../history.js';
import type { Evidence, Row, Violation } from './evidence.js';

/** Acknowledged and not stored, never announced by the SDK, or out of reach of somebody who came back. */
export function* findLost(evidence: Evidence): Generator<Violation> {
  yield* unstored(evidence);
  yield* unannounced(evidence);
  for (const detail of evidence.stragglers)
    yield { class: 'lost', detail: `after coming back ${detail}` };
}

function* unstored({ history, truth }: Evidence): Generator<Violation> {
  const stored = new Set(truth.rows.map(keyOf));
  const acked = new Map(history.acks.map((ack) => [keyOf(ack), ack]));
  for (const [key, { clientId, seq, conversationId }] of acked) {
    if (stored.has(key)) continue;
    const detail = `${clientId} was acknowledged as ${seq} in ${conversationId} and is not stored`;
    yield { class: 'lost', detail };
  }
}

/** Between the first and the last that the SDK announced in a conversation, none of the others may be missing. */
function* unannounced({ history, truth }: Evidence): Generator<Violation> {
  const authors = new Map(history.sends.map((send) => [send.client, send.senderId]));
  for (const told of groups(history.callbacks)) {
    const [{ client, conversationId }] = told as [Callback];
    const heard = new Set(told.map(({ seq }) => seq));
    const isBetween = between(Math.min(...heard), Math.max(...heard));
    for (const row of truth.rowsOf(conversationId)) {
      const isOwn = row.senderId === authors.get(client);
      if (isOwn || heard.has(row.seq) || !isBetween(row) || isChanged(row)) continue;
      yield {
        class: 'lost',
        detail: `${client} was never told of ${row.seq} in ${conversationId}`,
      };
    }
  }
}

const groups = (callbacks: readonly Callback[]): Iterable<Callback[]> =>
  groupBy(callbacks, (one) => `${one.client} ${one.conversationId}`).values();

const between =
  (first: number, last: number) =>
  ({ seq }: Row): boolean =>
    seq > first && seq < last;

/** A message that was deleted before it could be announced is not announced. */
const isChanged = ({ seq, changeSeq }: Row): boolean => seq !== changeSeq;
