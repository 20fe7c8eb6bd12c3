import type { ServerResponse } from 'node:http';
import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CloseCode } from '../../protocol/close-codes.js';
import type { Encoded } from '../encoded.js';
import type { Admission } from '../handshake.js';
import type { Link } from '../session.js';
import type { Sessions } from '../sessions.js';

/** A peer that does not take the end of its stream is cut off. */
const CLOSE_WAIT_MS = 1_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};

/** The stream down; what the client says comes by `POST /frames`. */
export function registerSse(
  app: FastifyInstance,
  sessions: Sessions,
  admission: (request: FastifyRequest) => Promise<Admission>,
): void {
  // A HEAD would open a session of which nobody sees anything, and which nothing ends.
  app.get('/sse', { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const admitted = await admission(request);
    reply.hijack();
    // Whoever left meanwhile has had their `close`: nothing would ever end such a session.
    if (reply.raw.destroyed) return;
    reply.raw.writeHead(200, { ...headersOf(reply), ...HEADERS });
    const link = new SseLink(reply.raw, admitted.conversationId !== null);
    const session = sessions.open(admitted, link);
    reply.raw.on('error', ignore);
    reply.raw.on('close', () => session.finish());
  });
}

/** A hijacked reply does not send what hooks have set, CORS headers among them. */
function headersOf(reply: FastifyReply): Record<string, string | string[] | number> {
  const headers = Object.entries(reply.getHeaders());
  return Object.fromEntries(
    headers.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function ignore(): void {}

class SseLink implements Link {
  readonly answersPings = false;
  private readonly response: ServerResponse;
  private readonly isConversationSession: boolean;

  constructor(response: ServerResponse, isConversationSession: boolean) {
    this.response = response;
    this.isConversationSession = isConversationSession;
    response.write(': open\n\n');
  }

  get backlog(): number {
    return this.response.writableLength;
  }

  get taken(): number {
    return (this.response.socket?.bytesWritten ?? 0) - this.backlog;
  }

  /** As bytes: of a string `backlog` would count the characters. */
  write(batch: readonly Encoded[]): boolean {
    const text = batch.map((frame) => frame.sse(this.isConversationSession)).join('');
    return this.response.write(Buffer.from(text));
  }

  onceDrained(run: () => void): void {
    this.response.once('drain', run);
  }

  beat(): void {
    this.response.write(': hb\n\n');
  }

  close(code: CloseCode, reason: string): void {
    const { response } = this;
    response.end(`data: ${JSON.stringify({ type: 'close', code, reason })}\n\n`);
    setTimeout(() => response.writableFinished || response.destroy(), CLOSE_WAIT_MS).unref();
  }
}
