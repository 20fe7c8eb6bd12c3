// The peer: one-to-one chat as a good team writes it on the usual parts. Socket.IO, its Redis adapter, one INSERT a message.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createVerifier } from 'fast-jwt';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server } from 'socket.io';

const { DATABASE_URL, DATABASE_POOL_MAX, HOST, JWT_SECRET, PORT, REDIS_URL } = process.env;

// Named, so that PostgreSQL parses it once a connection.
const INSERT_MESSAGE = {
  name: 'insert-message',
  text: `INSERT INTO messages (conversation_id, sender_id, body) VALUES ($1, $2, $3)
         RETURNING id, conversation_id AS "conversationId", sender_id AS "senderId", body, created_at AS "createdAt"`,
};
const FIND_PARTICIPANT = {
  name: 'find-participant',
  text: 'SELECT 1 FROM participants WHERE conversation_id = $1 AND user_id = $2',
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_POOL_MAX) });
const publisher = new Redis(REDIS_URL);
const subscriber = publisher.duplicate();
const verify = createVerifier({ key: JWT_SECRET, algorithms: ['HS256'] });

const http = createServer((request, response) => {
  response.writeHead(request.url === '/health' ? 200 : 404).end();
});
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ['websocket'],
  perMessageDeflate: false,
});

io.use((socket, next) => {
  try {
    socket.data.userId = verify(socket.handshake.auth.token).sub;
    next();
  } catch {
    next(new Error('unauthorized'));
  }
});

io.on('connection', (socket) => {
  socket.on('join', answering(join));
  socket.on('message', answering(send));

  async function join({ conversationId }) {
    const { rowCount } = await pool.query({
      ...FIND_PARTICIPANT,
      values: [conversationId, socket.data.userId],
    });
    if (rowCount === 0) throw new Error('not found');
    await socket.join(conversationId);
    return { joined: true };
  }

  async function send({ conversationId, body }) {
    if (!socket.rooms.has(conversationId)) throw new Error('not found');
    if (typeof body !== 'string' || body.length === 0 || body.length > 8_000)
      throw new Error('bad message');
    const values = [conversationId, socket.data.userId, body];
    const { rows } = await pool.query({ ...INSERT_MESSAGE, values });
    const [message] = rows;
    socket.to(conversationId).emit('message', message);
    return { id: message.id, createdAt: message.createdAt };
  }
});

function answering(handle) {
  return (payload, acknowledge) => {
    handle(payload).then(acknowledge, (error) => acknowledge({ error: error.message }));
  };
}

process.once('SIGTERM', () => process.exit(0));
http.listen(Number(PORT), HOST);
