import type { Evidence, Violation } from './evidence.js';

/** The last messages before it became quiet never came, although the connection was there all the time. */
export function* findLostTails({ laggards }: Evidence): Generator<Violation> {
  for (const detail of laggards) yield { class: 'lost-tail', detail: `in the quiet ${detail}` };
}
