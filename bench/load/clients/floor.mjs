import { findMark, openSocket } from './frames.mjs';

const [LETTER_A, LETTER_R] = Buffer.from('ar');

/** The floor's own few bytes: `r` ready, `a` acknowledged, anything else is what somebody said. */
export function connect({ url, token, conversationId, localAddress }, events) {
  const query = new URLSearchParams({ token, ...(conversationId && { conversationId }) });
  const socket = openSocket(`${url}/?${query}`, receive, events, { localAddress });
  const send = (_number, body) => socket.send(body);

  function receive(frame) {
    if (frame[0] === LETTER_A) events.acked?.();
    else if (frame[0] === LETTER_R) events.ready();
    else events.delivered?.(frame);
  }

  return { send, cut: socket.cut };
}

export const markOf = findMark;
