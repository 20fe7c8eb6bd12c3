// The floor: what nobody can be much cheaper than on these parts. Plain `ws`, a verified token, a hint through Redis; nothing
// is stored, checked, counted or repeated. A frame goes as it came to everybody else in the room.
import { createServer } from 'node:http';
import { createVerifier } from 'fast-jwt';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const { HOST, JWT_SECRET, PORT, REDIS_URL } = process.env;
const CHANNEL = 'floor';
const ROOM_LENGTH = 36;

const publisher = new Redis(REDIS_URL);
const subscriber = publisher.duplicate();
const verify = createVerifier({ key: JWT_SECRET, algorithms: ['HS256'] });
const rooms = new Map();
const name = `${process.pid}`.padStart(8, '0');

const http = createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404).end();
});
const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
});

http.on('upgrade', (request, socket, head) => {
  const query = new URLSearchParams(request.url.slice(request.url.indexOf('?')));
  try {
    verify(query.get('token'));
  } catch {
    return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
  }
  server.handleUpgrade(request, socket, head, (webSocket) => {
    enter(webSocket, query.get('conversationId'));
  });
});

function enter(webSocket, room) {
  webSocket.room = room;
  if (room) membersOf(room).add(webSocket);
  webSocket.on('message', said);
  webSocket.on('close', left);
  webSocket.on('error', ignore);
  webSocket.send('r');
}

function said(data) {
  this.send('a');
  if (!this.room) return;
  publisher.publish(CHANNEL, Buffer.concat([Buffer.from(name + this.room), data]));
  tell(this.room, data, this);
}

function tell(room, data, except) {
  const options = { binary: false };
  for (const member of membersOf(room)) if (member !== except) member.send(data, options);
}

function left() {
  rooms.get(this.room)?.delete(this);
}

function membersOf(room) {
  let members = rooms.get(room);
  if (!members) {
    members = new Set();
    rooms.set(room, members);
  }
  return members;
}

function ignore() {}

subscriber.on('messageBuffer', (_channel, payload) => {
  if (payload.latin1Slice(0, name.length) === name) return;
  const start = name.length + ROOM_LENGTH;
  tell(payload.latin1Slice(name.length, start), payload.subarray(start));
});
await subscriber.subscribe(CHANNEL);
process.once('SIGTERM', () => process.exit(0));
http.listen(Number(PORT), HOST);
