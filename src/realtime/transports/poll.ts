import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import type { CloseCode } from '../../protocol/close-codes.js';
import { LIMITS } from '../../protocol/limits.js';
import type { Encoded } from '../encoded.js';
import type { Admission } from '../handshake.js';
import type { Hub } from '../hub.js';
import type { Link } from '../session.js';
import type { Sessions } from '../sessions.js';

export interface PollPorts {
  readonly hub: Hub;
  readonly sessions: Sessions;
  admission(request: FastifyRequest): Promise<Admission>;
  /** How long a poll waits for news. */
  readonly holdMs?: number;
}

/**
 * Each poll is a session of its own: opened at the cursor, over with its first news. So order, holes and catch-ups are
 * those of every session, no node has to remember anything, and any node may get the next poll.
 */
export function registerPoll(app: FastifyInstance, ports: PollPorts): void {
  const { hub, sessions, admission, holdMs = LIMITS.pingMs } = ports;
  app.get('/poll', { schema: { hide: true }, exposeHeadRoute: false }, async (request, reply) => {
    const admitted = await admission(request);
    endFormer(hub, admitted);
    const link = new PollLink(admitted.conversationId !== null, holdMs);
    // Whoever left meanwhile has had their `close`: nothing would ever end such a session.
    if (reply.raw.destroyed) return reply.hijack();
    const session = sessions.open(admitted, link);
    reply.raw.once('close', () => {
      session.finish();
      link.finish();
    });
    await link.due;
    await sessions.part(session).finally(() => session.finish());
    return reply.header('cache-control', 'no-store').type('application/json').send(link.answer);
  });
}

/** A client polls again when it has given up the poll before, which the node may not know yet. */
function endFormer(hub: Hub, { caller, connectionId }: Admission): void {
  const former = hub.sessions.get(connectionId ?? '');
  if (former && former.caller.userId !== caller.userId) {
    throw new AppError('not_found', 'There is no such connection.');
  }
  former?.end(1000);
}

class PollLink implements Link {
  readonly answersPings = false;
  readonly isBrief = true;
  /** The answer is bounded: by the rows of a catch-up, then by its first news. */
  readonly backlog = 0;
  readonly taken = 0;
  /** When it is time to answer. */
  readonly due: Promise<void>;
  private readonly isConversationSession: boolean;
  private readonly holdMs: number;
  private readonly frames: string[] = [];
  private cursor: string | null = null;
  private isOpen = false;
  private isDue = false;
  private timer: NodeJS.Timeout | undefined;
  private resolve: () => void = () => {};

  constructor(isConversationSession: boolean, holdMs: number) {
    this.isConversationSession = isConversationSession;
    this.holdMs = holdMs;
    this.due = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  get answer(): string {
    return `{"frames":[${this.frames.join(',')}],"cursor":${JSON.stringify(this.cursor)}}`;
  }

  write(batch: readonly Encoded[]): boolean {
    for (const frame of batch) {
      this.frames.push(frame.text);
      this.cursor = frame.resumeAt(this.isConversationSession) ?? this.cursor;
    }
    if (this.isOpen) this.finish();
    return true;
  }

  /** Never full, so never asked. */
  onceDrained(): void {}

  opened(isNews: boolean): void {
    this.isOpen = true;
    if (isNews) this.finish();
    else if (!this.isDue) this.timer ??= setTimeout(() => this.finish(), this.holdMs);
  }

  close(code: CloseCode, reason: string): void {
    this.frames.push(JSON.stringify({ type: 'close', code, reason }));
    this.finish();
  }

  finish(): void {
    clearTimeout(this.timer);
    this.isDue = true;
    this.resolve();
  }
}
