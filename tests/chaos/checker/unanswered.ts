import type { Evidence, Violation } from './evidence.js';

/** An outbox that is stuck: everything works again, and a send is neither acknowledged nor refused. */
export function* findUnanswered({ unanswered }: Evidence): Generator<Violation> {
  for (const client of unanswered)
    yield { class: 'unanswered', detail: `${client} still waits for an answer` };
}
