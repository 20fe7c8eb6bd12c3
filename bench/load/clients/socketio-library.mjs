import { io } from 'socket.io-client';

/** The peer's own client, to measure what it costs beside the frames written by hand. */
export function connect({ url, token, conversationId }, events) {
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } });
  const acknowledged = ({ error }) => (error ? events.failed(error) : events.acked?.());
  const send = (_number, body) => socket.emit('message', { conversationId, body }, acknowledged);
  socket.on('message', (message) => events.delivered?.(message));
  socket.on('disconnect', events.failed);
  socket.on('connect_error', (error) => events.failed(error.message));
  socket.on('connect', () => socket.emit('join', { conversationId }, () => events.ready()));
  return { send };
}

export const markOf = ({ body }) => body.slice(2, body.indexOf(';'));
