import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../platform/errors.js';
import type { Frame } from '../../protocol/frames.js';
import type { Caller } from '../caller.js';
import { connectionOf, conversationOf, requireKnown } from '../handshake.js';
import type { Hub } from '../hub.js';
import type { Sessions } from '../sessions.js';

const PARAMETERS = ['connection', 'conversationId', 'token', 'ticket'];

export interface UplinkPorts {
  readonly hub: Hub;
  readonly sessions: Sessions;
  identify(request: FastifyRequest): Promise<Caller>;
}

/** The way up for transports that only stream down. Any node may get the post, whichever holds the stream. */
export function registerUplink(
  app: FastifyInstance,
  { hub, sessions, identify }: UplinkPorts,
): void {
  app.post('/frames', { schema: { hide: true } }, async (request) => {
    requireKnown(request, PARAMETERS);
    const connectionId = connectionOf(request);
    const named = conversationOf(request);
    const caller = await identify(request);
    const session = hub.sessions.get(connectionId) ?? null;
    if (session && session.caller.userId !== caller.userId) {
      throw new AppError('not_found', 'There is no such connection.');
    }
    const frames: Frame[] = [];
    const reply = (frame: Frame) => frames.push(frame);
    const conversationId = session?.conversationId ?? named;
    await sessions.post(request.body, { caller, connectionId, session, conversationId, reply });
    return { frames };
  });
}
