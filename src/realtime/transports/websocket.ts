import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { WebSocket, WebSocketServer } from 'ws';
import { AppError } from '../../platform/errors.js';
import type { UpgradeRequest, Upgrades } from '../../platform/http-upgrades.js';
import type { CloseCode } from '../../protocol/close-codes.js';
import { LIMITS } from '../../protocol/limits.js';
import { PROTOCOL } from '../../protocol/version.js';
import type { Encoded } from '../encoded.js';
import type { Admission, Request } from '../handshake.js';
import type { Link, Session } from '../session.js';
import type { Sessions } from '../sessions.js';

const ADDRESS = '/ws';

/** Fields of its own and no closures: one function of each kind listens to all sockets. */
class SessionSocket extends WebSocket {
  sessions?: Sessions;
  session?: Session;
}

const OPTIONS = {
  noServer: true,
  WebSocket: SessionSocket,
  perMessageDeflate: false,
  maxPayload: LIMITS.frameBytes,
  /** A peer that does not answer a close is cut off, whoever of us began it. */
  closeTimeout: 1_000,
  clientTracking: false,
  /** Never echoes the token that may stand among the offers. */
  handleProtocols: (offered: Set<string>) => offered.has(PROTOCOL) && PROTOCOL,
};

type UpgradedSocket = Socket & { _httpMessage?: ServerResponse | null };

export interface WebSocketPorts {
  readonly sessions: Sessions;
  readonly upgrades: Upgrades;
  /** Counts the connection, and throws when it is one too many. */
  readonly enter: (ip: string) => void;
  readonly admission: (request: Request) => Promise<Admission>;
}

/** Where a WebSocket frame enters. Listeners are attached before anything is awaited, and shared by all sockets. */
export function registerWebSocket(app: FastifyInstance, ports: WebSocketPorts): void {
  const { sessions, upgrades, enter, admission } = ports;
  const server = new WebSocketServer(OPTIONS);
  const admit = ({ query, raw }: Pick<UpgradeRequest, 'query' | 'raw'>) => {
    requireKey(raw.headers);
    return admission({ query, headers: raw.headers });
  };
  const complete = (raw: IncomingMessage, admitted: Admission) => {
    const { socket, head } = upgrades.take(raw);
    server.handleUpgrade(raw, socket, head, (webSocket) =>
      accept(webSocket, socket, sessions, admitted),
    );
  };
  upgrades.add({
    path: ADDRESS,
    takes: isUpgrade,
    open: async (request) => {
      enter(request.ip);
      complete(request.raw, await admit(request));
    },
  });
  app.get(ADDRESS, { schema: { hide: true } }, async (request, reply) => {
    const { raw } = request;
    if (!upgrades.has(raw)) await admission(request);
    if (!upgrades.has(raw) || !isUpgrade(raw.headers)) return upgradeRequired(reply);
    const admitted = await admit(request);
    reply.hijack();
    complete(raw, admitted);
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
  webSocket.sessions = sessions;
  webSocket.session = sessions.open(admission, new WebSocketLink(webSocket, socket));
}

/** Lets the unused ServerResponse of one that went through Fastify go: 3 KiB that would stay with the connection. */
function release(socket: UpgradedSocket): void {
  socket._httpMessage?.detachSocket(socket);
}

function onMessage(this: SessionSocket, data: Buffer, isBinary: boolean): void {
  const { session, sessions } = this;
  if (!session) return;
  if (isBinary) session.end(1003);
  else sessions?.receive(session, data.toString());
}

function onPong(this: SessionSocket): void {
  const { session } = this;
  if (session) session.heardAt = Math.max(session.heardAt, session.pingedAt);
}

function onClose(this: SessionSocket): void {
  this.session?.finish();
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
