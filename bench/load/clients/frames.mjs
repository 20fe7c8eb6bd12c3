import { connect } from 'node:net';

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];
const MASK = [0x37, 0xfa, 0x21, 0x3d];

/**
 * The same socket for every contender, written by hand: it shares the cores with the servers, and an upgrade through
 * Node's HTTP client would cost several times what it costs them. No compression; text stays bytes.
 */
export function openSocket(url, onFrame, events, { localAddress } = {}) {
  const { hostname, port, pathname, search } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress, noDelay: true });
  let rest = null;
  let upgraded = false;
  let ended = false;

  function end(reason, refusal) {
    if (ended) return;
    ended = true;
    socket.destroy();
    if (refusal && events.refused) events.refused(refusal);
    else events.failed(reason);
  }

  function receive(chunk) {
    const data = rest ? Buffer.concat([rest, chunk]) : chunk;
    rest = null;
    const at = upgraded ? 0 : upgrade(data);
    const read = upgraded ? frames(data, at) : at;
    if (!ended && read < data.length) rest = data.subarray(read);
  }

  /** The place after the answer's head, or 0 while it is not whole. */
  function upgrade(data) {
    const headEnd = data.indexOf('\r\n\r\n');
    if (headEnd < 0) return 0;
    const head = data.latin1Slice(0, headEnd);
    const status = Number(head.slice(9, 12));
    if (status !== 101) end(`refused with ${status}`, refusalOf(status, head));
    upgraded = status === 101;
    return headEnd + 4;
  }

  function frames(data, start) {
    let at = start;
    while (!ended) {
      const [headLength, length] = sizeOf(data, at);
      const stop = at + headLength + length;
      if (headLength === 0 || stop > data.length) return at;
      take(data[at] & 15, data.subarray(at + headLength, stop));
      at = stop;
    }
    return at;
  }

  function take(opcode, payload) {
    if (opcode === TEXT) onFrame(payload);
    else if (opcode === PING) socket.write(frameOf(PONG, payload));
    else if (opcode === CLOSE)
      end(
        `closed with ${payload.length > 1 ? payload.readUInt16BE(0) : ''} ${payload.subarray(2)}`,
      );
  }

  socket.on('data', receive);
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('closed'));
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  return {
    send: (text) => socket.write(frameOf(TEXT, Buffer.from(text))),
    /** As when a cable is cut: nobody says goodbye. */
    cut: () => {
      ended = true;
      socket.resetAndDestroy();
    },
  };
}

function refusalOf(status, head) {
  const seconds = /\r\nretry-after: *(\d+)/i.exec(head)?.[1];
  return { status, retryAfterMs: seconds === undefined ? null : Number(seconds) * 1_000 };
}

/** Of the head and of what it announces; 0 while the head is not whole. RFC 6455 5.2. */
function sizeOf(data, at) {
  if (data.length < at + 2) return [0, 0];
  const length = data[at + 1] & 127;
  if (length < 126) return [2, length];
  if (data.length < at + (length === 126 ? 4 : 10)) return [0, 0];
  return length === 126
    ? [4, data.readUInt16BE(at + 2)]
    : [10, Number(data.readBigUInt64BE(at + 2))];
}

/** Masked, as every frame of a client has to be. */
function frameOf(opcode, payload) {
  const { length } = payload;
  const head = length < 126 ? 6 : 8;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (head === 8) frame.writeUInt16BE(length, 2);
  for (let i = 0; i < 4; i++) frame[head - 4 + i] = MASK[i];
  for (let i = 0; i < length; i++) frame[head + i] = payload[i] ^ MASK[i & 3];
  return frame;
}

/** What the load generator put into a body stands in every frame that carries it: `@@number:time;`. */
export function findMark(frame) {
  const start = frame.indexOf('@@') + 2;
  return frame.latin1Slice(start, frame.indexOf(';', start));
}
