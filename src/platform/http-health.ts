import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { EventLoop } from './event-loop.js';

/** A process whose event loop stands still for so long serves nobody. */
const MAX_PAUSE_MS = 2_000;

export interface HealthPorts {
  readonly version: string;
  readonly eventLoop: Pick<EventLoop, 'worstMs'>;
  /** What slows this node down although it serves. */
  readonly degraded: () => string | undefined;
  /** Why no traffic should come just now; null when it may. */
  readonly unready: () => string | null;
}

/** Neither asks a database: an outage of one would take all nodes away at once. */
export function registerHealth(
  app: FastifyInstance,
  { version, eventLoop, degraded, unready }: HealthPorts,
): void {
  app.get('/health', { schema: { hide: true } }, async (_request, reply) => {
    const lagMs = Math.round(eventLoop.worstMs);
    const isWell = lagMs <= MAX_PAUSE_MS;
    return reply
      .code(isWell ? 200 : 503)
      .send({ status: isWell ? 'ok' : 'lagging', version, lagMs, degraded: degraded() });
  });
  app.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    const reason = unready();
    return reply.code(reason ? 503 : 200).send({ status: reason ?? 'ready' });
  });
}
