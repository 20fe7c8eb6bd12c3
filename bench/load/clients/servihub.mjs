import { findMark, openSocket } from './frames.mjs';

const [A, E, M, P, R] = Buffer.from('aempr');
/** Of the letter that tells the types apart: `{"type":"ack"`. */
const TYPE_AT = 9;

/** A conversation session. Resolves once the server is ready for it. */
export function connect({ url, token, conversationId }, events) {
  return new Promise((resolve) => {
    const query = new URLSearchParams({ conversationId, token });
    const socket = openSocket(`${url}/ws?${query}`, receive, events.failed);
    const send = (number, body) =>
      socket.send(`{"type":"message","clientId":"${number}","body":"${body}"}`);

    function receive(frame) {
      switch (frame[TYPE_AT]) {
        case A:
          return events.acked();
        case M:
          return events.delivered(frame);
        case R:
          return resolve({ send });
        case P:
          return socket.send('{"type":"pong"}');
        case E:
          return events.failed(frame.toString());
      }
    }
  });
}

export const markOf = findMark;
