import type { Evidence, Violation } from './evidence.js';

/** Bugs of our own that a log can show; trouble with the outside is what the run makes. */
const OWN_BUG = /unhandled rejection|uncaughtException|"type":"(Type|Reference|Range|Syntax)Error"/;
const SECRET = /chaos-body|\beyJ[\w-]+\.[\w-]+\.[\w-]+/;
const SHOWN = 400;

/** A node that ended by itself, a bug in its log, or something there that no log may have. */
export function* findUnhealthy({ exits, logged }: Evidence): Generator<Violation> {
  for (const { node, expected, code, signal } of exits) {
    if (!expected)
      yield {
        class: 'unhealthy',
        detail: `node ${node} ended by itself: ${signal ?? `exit ${code}`}`,
      };
  }
  for (const line of logged) {
    if (SECRET.test(line))
      yield { class: 'unhealthy', detail: 'a log has a message body or a token' };
    else if (OWN_BUG.test(line))
      yield { class: 'unhealthy', detail: `logged: ${line.slice(0, SHOWN)}` };
  }
}
