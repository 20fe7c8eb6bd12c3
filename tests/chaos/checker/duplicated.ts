import { groupBy } from '../group-by.js';
import { keyOf } from '../history.js';
import type { Evidence, Violation } from './evidence.js';

/** One `clientId`, two messages; or one message announced twice by the SDK. */
export function* findDuplicates({ history, truth }: Evidence): Generator<Violation> {
  for (const [key, rows] of groupBy(truth.rows, keyOf)) {
    if (rows.length === 1) continue;
    const numbers = rows.map(({ seq }) => seq).join(', ');
    yield { class: 'duplicated', detail: `${key} is stored as ${numbers}` };
  }
  const told = new Set<string>();
  for (const { client, conversationId, seq } of history.callbacks) {
    const key = `${client} ${conversationId} ${seq}`;
    if (told.has(key))
      yield {
        class: 'duplicated',
        detail: `${client} was told twice of ${seq} in ${conversationId}`,
      };
    told.add(key);
  }
}
