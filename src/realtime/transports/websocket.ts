import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type {} from '@fastify/helmet';
import type {} from '@fastify/rate-limit';
import type {} from '@fastify/swagger';
import type {} from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocket } from 'ws';
import { AppError } from '../../platform/errors.js';
import type { CloseCode } from '../../protocol/close-codes.js';
import type { Encoded } from '../encoded.js';
import type { Admission } from '../handshake.js';
import type { Link, Session } from '../session.js';
import type { Sessions } from '../sessions.js';

const ADDRESS = '/ws';

const SESSION = Symbol('session');
type SessionSocket = WebSocket & { [SESSION]?: Session; [SESSIONS]?: Sessions };
const SESSIONS = Symbol('sessions');
type UpgradedSocket = Socket & { _httpMessage?: ServerResponse | null };

/** Where a WebSocket frame enters. Listeners are attached before anything is awaited, and shared by all sockets. */
export function registerWebSocket(
  app: FastifyInstance,
  sessions: Sessions,
  admission: (request: FastifyRequest) => Promise<Admission>,
): void {
  const admitted = new WeakMap<FastifyRequest['raw'], Admission>();
  // Anywhere else the plugin would complete the upgrade, and log the address with the token in it.
  app.addHook('onRequest', async ({ ws, routeOptions }) => {
    if (ws && routeOptions.url !== ADDRESS)
      throw new AppError('not_found', 'There is nothing here.');
  });
  closeRefused(app);
  app.route({
    method: 'GET',
    url: ADDRESS,
    schema: { hide: true },
    // Admission counts connections, not the limit of requests.
    config: { rateLimit: false },
    // Headers of an answer that an upgrade never sends; `onSend` puts them on a refusal.
    helmet: false,
    onSend: async (_request, reply) => {
      // Null when the refusal came before everything else.
      await (reply.helmet as (() => unknown) | null)?.();
    },
    preValidation: async (request, reply) => {
      if (request.ws && !isUpgrade(request.headers)) return upgradeRequired(reply);
      if (request.ws) requireKey(request.headers);
      admitted.set(request.raw, await admission(request));
    },
    handler: (_request, reply) => upgradeRequired(reply),
    wsHandler: (webSocket, request) => {
      const admittedAs = admitted.get(request.raw) as Admission;
      accept(webSocket, request.raw.socket, sessions, admittedAs);
    },
  });
}

/** Judged before the credential is: a ticket is not used up by what `ws` would refuse. */
function isUpgrade({ upgrade, 'sec-websocket-version': version }: IncomingHttpHeaders): boolean {
  return upgrade?.toLowerCase() === 'websocket' && version === '13';
}

function requireKey({ 'sec-websocket-key': key = '' }: IncomingHttpHeaders): void {
  if (/^[+/A-Za-z0-9]{22}==$/.test(key)) return;
  throw new AppError('bad_request', '`Sec-WebSocket-Key` must be 16 bytes in base64.');
}

function upgradeRequired(reply: FastifyReply): FastifyReply {
  return reply.code(426).headers({ upgrade: 'websocket', 'sec-websocket-version': '13' }).send();
}

/** Whatever refused an upgrade, a bad address before any hook included: of such a socket nobody else takes care. */
function closeRefused(app: FastifyInstance): void {
  app.server.on('upgrade', (_request, socket: UpgradedSocket) => {
    socket._httpMessage?.once('finish', () => socket.destroySoon());
  });
}

function accept(
  webSocket: SessionSocket,
  socket: Socket,
  sessions: Sessions,
  admission: Admission,
): void {
  webSocket.removeAllListeners('error');
  webSocket.on('error', ignore);
  webSocket.on('message', onMessage);
  webSocket.on('pong', onPong);
  webSocket.on('close', onClose);
  release(socket);
  webSocket[SESSIONS] = sessions;
  webSocket[SESSION] = sessions.open(admission, new WebSocketLink(webSocket, socket));
}

/** Lets the unused ServerResponse go: 3 of the 6 KiB that an idle connection otherwise keeps alive. */
function release(socket: UpgradedSocket): void {
  socket._httpMessage?.detachSocket(socket);
}

function onMessage(this: SessionSocket, data: Buffer, isBinary: boolean): void {
  const session = this[SESSION];
  if (!session) return;
  if (isBinary) session.end(1003);
  else this[SESSIONS]?.receive(session, data.toString());
}

function onPong(this: SessionSocket): void {
  const session = this[SESSION];
  if (session) session.heardAt = Math.max(session.heardAt, session.pingedAt);
}

function onClose(this: SessionSocket): void {
  this[SESSION]?.finish();
}

/** `ws` answers a broken peer with a close frame by itself and then emits `close`. */
function ignore(): void {}

let joined: { batch: readonly Encoded[]; bytes: Buffer } = { batch: [], bytes: Buffer.alloc(0) };

/** One copy is cheaper than a vectored write, and one for a whole room, which mostly gets the same frames, cheaper still. */
function bytesOf(batch: readonly Encoded[]): Buffer {
  if (batch.length === 1) return (batch[0] as Encoded).webSocket;
  if (!isSame(batch, joined.batch))
    joined = { batch, bytes: Buffer.concat(batch.map((frame) => frame.webSocket)) };
  return joined.bytes;
}

function isSame(batch: readonly Encoded[], other: readonly Encoded[]): boolean {
  return batch.length === other.length && batch.every((frame, index) => frame === other[index]);
}

class WebSocketLink implements Link {
  readonly answersPings = true;
  private readonly webSocket: WebSocket;
  private readonly socket: Socket;

  constructor(webSocket: WebSocket, socket: Socket) {
    this.webSocket = webSocket;
    this.socket = socket;
  }

  get backlog(): number {
    return this.socket.writableLength;
  }

  get taken(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  /**
   * Writes finished frames past `ws`. Safe because with compression off `ws` has no queue of its own: its pongs and
   * closes are whole frames written synchronously to the same socket.
   */
  write(batch: readonly Encoded[]): boolean {
    if (this.webSocket.readyState !== WebSocket.OPEN) return true;
    return this.socket.write(bytesOf(batch));
  }

  onceDrained(run: () => void): void {
    this.socket.once('drain', run);
  }

  close(code: CloseCode, reason: string): void {
    this.webSocket.close(code, reason);
  }
}
