import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import proxyAddr from '@fastify/proxy-addr';
import rateLimit from '@fastify/rate-limit';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Config } from '../config.js';
import { LIMITS } from '../protocol/limits.js';
import { callerAt } from './address.js';
import { AppError } from './errors.js';
import { registerHttpErrors, sendFrameworkError } from './http-errors.js';
import { compileValidator } from './http-validation.js';
import { type Logger, redactUrl } from './logger.js';
import type { Redis } from './redis.js';

const MINUTE_MS = 60_000;
/** Whoever holds a connection without saying anything, or says it drop by drop, is cut off. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const TIMEOUTS_CHECKED_MS = 5_000;

export interface HttpServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Shared counters of all nodes; without it each node counts for itself. */
  readonly redis: Redis | undefined;
}

/** A Fastify with everything that is the same for every route; the routes are registered by `app.ts`. */
export async function createHttpServer({
  config,
  log,
  redis,
}: HttpServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: trustIn(config.trustProxy),
    bodyLimit: LIMITS.frameBytes + 1_024,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Behind Cloudflare a shorter keep-alive than the proxy's gives sporadic 502s.
    keepAliveTimeout: 120_000,
    requestTimeout: REQUEST_MS,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: TIMEOUTS_CHECKED_MS },
    forceCloseConnections: true,
    frameworkErrors: sendFrameworkError,
  });
  app.server.maxConnections = config.limits.connections;
  app.setValidatorCompiler(compileValidator);
  // Bodies are JSON; by default text would be taken too.
  app.removeContentTypeParser('text/plain');
  registerHttpErrors(app);
  app.addHook('onRequest', refuseEncodedBodies);
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  app.addHook('onResponse', async (request, reply) =>
    logResponse(request, reply.statusCode, reply.elapsedTime),
  );
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    // The loader is fetched by pages of other sites; the panel says itself who may frame it.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    frameguard: false,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: config.production,
  });
  await app.register(cors, {
    origin: [...config.corsOrigins],
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: ['retry-after', 'x-request-id'],
    maxAge: 600,
  });
  await app.register(rateLimit, {
    max: config.limits.requestsPerMinute,
    timeWindow: MINUTE_MS,
    // Pages and health are free, and the opening of connections has a limit of its own.
    allowList: ({ routeOptions: { url = '' } }) => !/^\/(api|frames)\b/.test(url),
    keyGenerator: ({ ip }) => callerAt(ip),
    // Redis away: the request passes, and the frame limits in the process still hold.
    skipOnError: true,
    ...(redis && { redis, nameSpace: `${config.redisPrefix}:rate:` }),
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('rate_limited', 'Too many requests. Slow down and try again.', {
        retryAfterMs: ttl,
      }),
  });
  return app;
}

/** A number of proxies, or their addresses: headers from anybody else say nothing about the client. */
export function trustIn(proxies: Config['trustProxy']): (address: string, hop: number) => boolean {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  return proxyAddr.compile([...proxies]);
}

/** Compressed bodies would count before, not after, decompression. */
async function refuseEncodedBodies({ headers }: FastifyRequest): Promise<void> {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new AppError('unsupported_media_type', 'Send the body without `Content-Encoding`.');
}

function logResponse(request: FastifyRequest, status: number, elapsedMs: number): void {
  const { method, url } = request;
  const level =
    url.startsWith('/health') || url.startsWith('/widget/') || url.startsWith('/agent/')
      ? 'debug'
      : 'info';
  request.log[level]({ method, url: redactUrl(url), status, ms: Math.round(elapsedMs) }, 'request');
}
