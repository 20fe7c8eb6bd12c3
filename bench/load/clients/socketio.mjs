import { findMark, openSocket } from './frames.mjs';

const [ZERO, TWO, THREE, FOUR] = Buffer.from('0234');

/**
 * Socket.IO 5 on Engine.IO 4, by hand: `0` open, `2` ping, `3` pong, `40` connect, `42` event, `43` acknowledgement.
 * Cheaper than socket.io-client, which leaves the peer more of the machine.
 */
export function connect({ url, token, conversationId, localAddress }, events) {
  const path = `${url}/socket.io/?EIO=4&transport=websocket`;
  const socket = openSocket(path, receive, events, { localAddress });
  const send = (number, body) =>
    socket.send(`42${number}["message",{"conversationId":"${conversationId}","body":"${body}"}]`);
  let joined = false;

  function receive(frame) {
    if (frame[0] === FOUR) packet(frame);
    else if (frame[0] === TWO) socket.send('3');
    else if (frame[0] === ZERO) socket.send(`40${JSON.stringify({ token })}`);
  }

  function packet(frame) {
    switch (frame[1]) {
      case THREE:
        return acknowledged(frame);
      case TWO:
        return events.delivered?.(frame);
      case ZERO:
        return conversationId ? join() : events.ready();
      default:
        return events.failed(frame.toString());
    }
  }

  function join() {
    socket.send(`420["join",${JSON.stringify({ conversationId })}]`);
  }

  function acknowledged(frame) {
    if (frame.includes('"error":')) return events.failed(frame.toString());
    if (joined) return events.acked?.();
    joined = true;
    events.ready();
  }

  return { send, cut: socket.cut };
}

export const markOf = findMark;
