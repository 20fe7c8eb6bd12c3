import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { parse } from 'node:querystring';
import proxyAddr from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import { AppError } from './errors.js';
import { trustIn } from './http-server.js';

/** A request that asks for an upgrade, as far as a door has to know it. */
export interface UpgradeRequest {
  readonly raw: IncomingMessage;
  readonly query: unknown;
  readonly ip: string;
}

export interface Door {
  readonly path: string;
  /** Whether it is an upgrade to what is behind this door. */
  takes(headers: IncomingHttpHeaders): boolean;
  /** Throws what the request is refused with. */
  open(request: UpgradeRequest): Promise<void>;
}

interface Upgrade {
  readonly socket: Socket;
  /** What the client has sent behind its request. */
  readonly head: Buffer;
}

/**
 * Where a request to upgrade enters. One that is written as clients write it goes straight to its door, which saves a
 * third of what a handshake costs; every other way to write the same address, and every refusal, goes through Fastify,
 * so that both are routed, answered and logged as any request is.
 */
export class Upgrades {
  private readonly app: FastifyInstance;
  private readonly isTrusted: ReturnType<typeof trustIn>;
  private readonly asked = new WeakMap<IncomingMessage, Upgrade>();
  private readonly refusals = new WeakMap<IncomingMessage, unknown>();
  private readonly doors = new Map<string, Door>();

  constructor(app: FastifyInstance, { trustProxy }: Pick<Config, 'trustProxy'>) {
    this.app = app;
    this.isTrusted = trustIn(trustProxy);
    app.server.on('upgrade', (raw: IncomingMessage, socket: Socket, head: Buffer) => {
      this.asked.set(raw, { socket, head });
      socket.on('error', destroy);
      const door = isBare(raw) ? this.doors.get(pathOf(raw)) : undefined;
      if (door?.takes(raw.headers)) void this.enter(raw, door);
      else this.route(raw, socket);
    });
    app.addHook('onRequest', async ({ raw, routeOptions: { url = '' } }) => {
      if (this.refusals.has(raw)) throw this.refusals.get(raw);
      if (this.has(raw) && !this.doors.has(url))
        throw new AppError('not_found', 'There is nothing here.');
    });
  }

  /** The route of the same path gets what is not written as usual. */
  add(door: Door): void {
    this.doors.set(door.path, door);
  }

  has(raw: IncomingMessage): boolean {
    return this.asked.has(raw);
  }

  /** Gives the socket away. Whoever takes it listens to its errors. */
  take(raw: IncomingMessage): Upgrade {
    const upgrade = this.asked.get(raw) as Upgrade;
    this.asked.delete(raw);
    upgrade.socket.off('error', destroy);
    return upgrade;
  }

  private async enter(raw: IncomingMessage, door: Door): Promise<void> {
    try {
      const ip = proxyAddr(raw, this.isTrusted);
      await door.open({ raw, query: parse(queryOf(raw)), ip });
    } catch (error) {
      this.refusals.set(raw, error);
      this.route(raw, raw.socket);
    }
  }

  /** Whatever answers it, a bad address before any hook included: of such a socket nobody else takes care. */
  private route(raw: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(raw);
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    this.app.routing(raw, response);
  }
}

/** Without anything that a hook of Fastify would look at. */
function isBare({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers['content-encoding'] === undefined &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] as string;
const queryOf = (raw: IncomingMessage): string => raw.url?.slice(pathOf(raw).length + 1) ?? '';

/** Node lets go of a socket that is to be upgraded; unheard, a reset would end the process. */
function destroy(this: Socket): void {
  this.destroy();
}
