import type { Evidence, Violation } from './evidence.js';

/** Somebody who left long ago is still shown to be there. */
export function* findStuckPresence({ stuck }: Evidence): Generator<Violation> {
  for (const { userId, seenBy, status } of stuck)
    yield { class: 'stuck-presence', detail: `${seenBy} sees ${userId} ${status}` };
}
