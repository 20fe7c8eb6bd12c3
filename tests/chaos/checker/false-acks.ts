import { type Ack, keyOf } from '../history.js';
import type { Evidence, Row, Violation } from './evidence.js';

/** An acknowledgement that names a row which is not there, or which is another message. */
export function* findFalseAcks({ history, truth }: Evidence): Generator<Violation> {
  const rows = new Map(truth.rows.map((row) => [placeOf(row), row]));
  for (const ack of history.acks) {
    const row = rows.get(placeOf(ack));
    if (!row) yield falseAck(ack, 'which does not exist');
    else if (keyOf(row) !== keyOf(ack)) yield falseAck(ack, `which is ${row.clientId}`);
  }
}

const placeOf = ({ conversationId, seq }: Row | Ack): string => `${conversationId} ${seq}`;

const falseAck = ({ clientId, seq, conversationId }: Ack, which: string): Violation => ({
  class: 'false-ack',
  detail: `${clientId} was acknowledged as ${seq} in ${conversationId}, ${which}`,
});
