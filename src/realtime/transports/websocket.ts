import type { Socket } from 'node:net';
import type {} from '@fastify/helmet';
import type {} from '@fastify/rate-limit';
import type {} from '@fastify/swagger';
import type {} from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WebSocket } from 'ws';
import type { CloseCode } from '../../protocol/close-codes.js';
import type { Encoded } from '../encoded.js';
import type { Admission } from '../handshake.js';
import type { Link, Session } from '../session.js';
import type { Sessions } from '../sessions.js';

/** A peer that does not answer a close is cut off. */
const CLOSE_WAIT_MS = 1_000;

const SESSION = Symbol('session');
type SessionSocket = WebSocket & { [SESSION]?: Session; [SESSIONS]?: Sessions };
const SESSIONS = Symbol('sessions');

/** Where a WebSocket frame enters. Listeners are attached before anything is awaited, and shared by all sockets. */
export function registerWebSocket(
  app: FastifyInstance,
  sessions: Sessions,
  admission: (request: FastifyRequest) => Promise<Admission>,
): void {
  const admitted = new WeakMap<FastifyRequest['raw'], Admission>();
  app.route({
    method: 'GET',
    url: '/ws',
    schema: { hide: true },
    // Admission counts connections, not the limit of requests.
    config: { rateLimit: false },
    // Headers of an answer that an upgrade never sends; `onSend` puts them on a refusal.
    helmet: false,
    onSend: async (_request, reply) => {
      // Null when the refusal came before everything else.
      await (reply.helmet as (() => unknown) | null)?.();
    },
    preValidation: async (request) => {
      admitted.set(request.raw, await admission(request));
    },
    handler: (_request, reply) => {
      reply.code(426).header('upgrade', 'websocket').send();
    },
    wsHandler: (webSocket, request) => {
      const admittedAs = admitted.get(request.raw) as Admission;
      accept(webSocket, request.raw.socket, sessions, admittedAs);
    },
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
function release(
  socket: Socket & { _httpMessage?: { detachSocket(socket: Socket): void } | null },
): void {
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
    const [first] = batch;
    // A batch is small: one copy is cheaper than a vectored write.
    return first && batch.length === 1
      ? this.socket.write(first.webSocket)
      : this.socket.write(Buffer.concat(batch.map((frame) => frame.webSocket)));
  }

  onceDrained(run: () => void): void {
    this.socket.once('drain', run);
  }

  close(code: CloseCode, reason: string): void {
    this.webSocket.close(code, reason);
    setTimeout(() => this.webSocket.terminate(), CLOSE_WAIT_MS).unref();
  }
}
