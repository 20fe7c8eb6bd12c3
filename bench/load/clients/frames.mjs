import { WebSocket } from 'ws';

/** The same socket for every contender: no compression, and text stays bytes, so that parsing decides nothing. */
export function openSocket(url, onFrame, onFailure) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  socket.on('message', onFrame);
  socket.on('error', (error) => onFailure(error.message));
  socket.on('close', (code, reason) => onFailure(`closed with ${code} ${reason}`));
  return socket;
}

/** What the load generator put into a body stands in every frame that carries it: `@@number:time;`. */
export function findMark(frame) {
  const start = frame.indexOf('@@') + 2;
  return frame.latin1Slice(start, frame.indexOf(';', start));
}
