import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Upgrades } from '../../platform/http-upgrades.js';
import { admit, admitPoll, type HandshakePorts, identify, type Request } from '../handshake.js';
import type { Hub } from '../hub.js';
import type { Sessions } from '../sessions.js';
import { registerPoll } from './poll.js';
import { registerSse } from './sse.js';
import { registerUplink } from './uplink.js';
import { registerWebSocket } from './websocket.js';

export interface TransportPorts {
  readonly hub: Hub;
  readonly sessions: Sessions;
  readonly handshake: HandshakePorts;
  readonly upgrades: Upgrades;
  /** Counts a connection, and throws when it is one too many. */
  readonly enter: (ip: string) => void;
}

/** Every way in. All of them are admitted by the same handshake. */
export function registerTransports(app: FastifyInstance, ports: TransportPorts): void {
  const { hub, sessions, handshake, upgrades, enter } = ports;
  const admission = (request: Request) => admit(request, handshake);
  registerWebSocket(app, { sessions, upgrades, enter, admission });
  registerSse(app, sessions, admission);
  registerPoll(app, { hub, sessions, admission: (request) => admitPoll(request, handshake) });
  registerUplink(app, { hub, sessions, identify: (request) => identify(request, handshake) });
  // A browser shows a refused upgrade as a bare failure; this says why.
  app.get('/api/connection-check', { schema: { hide: true } }, async (request, reply) => {
    await admission(request);
    return reply.code(204).send();
  });
}
