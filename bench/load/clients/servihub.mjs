import { findMark, openSocket } from './frames.mjs';

/** Where the type begins: `{"type":"ack"`. Three letters of it tell them apart. */
const TYPE_AT = 9;
const LETTERS = 3;
const codeOf = (frame, at = 0) => frame.readUIntBE(at, LETTERS);
const [ACK, ERROR, MESSAGE, PING, READY] = ['ack', 'err', 'mes', 'pin', 'rea'].map((letters) =>
  codeOf(Buffer.from(letters)),
);

/** A session of one conversation, or without one a session of the user. Calls `ready` once the server is. */
export function connect({ url, token, conversationId, localAddress }, events) {
  const query = new URLSearchParams({ token, ...(conversationId && { conversationId }) });
  const socket = openSocket(`${url}/ws?${query}`, receive, events, { localAddress });
  const send = (number, body) =>
    socket.send(`{"type":"message","clientId":"${number}","body":"${body}"}`);

  function receive(frame) {
    switch (codeOf(frame, TYPE_AT)) {
      case ACK:
        return events.acked?.();
      case MESSAGE:
        return events.delivered?.(frame);
      case READY:
        return events.ready();
      case PING:
        return socket.send('{"type":"pong"}');
      case ERROR:
        return events.failed(frame.toString());
    }
  }

  return { send, cut: socket.cut };
}

export const markOf = findMark;
