import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.js';
import { DEMO_WIDGET_KEY } from './demo.js';
import {
  accountsRoutes,
  createAccountsRepository,
  createAccountsService,
  createTicketStore,
  createTokens,
} from './modules/accounts/index.js';
import {
  businessesRoutes,
  createBusinessesRepository,
  createBusinessesService,
} from './modules/businesses/index.js';
import {
  conversationsRoutes,
  createConversationCommands,
  createConversationLog,
  createConversationsRepository,
  createConversationsService,
  createUserLog,
  presentMessage,
} from './modules/conversations/index.js';
import {
  createMessageCommands,
  createMessagesRepository,
  createMessagesService,
  createStore,
  createWriter,
  messagesRoutes,
} from './modules/messages/index.js';
import { systemClock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import { registerDocs } from './platform/http-docs.js';
import { registerPages } from './platform/http-pages.js';
import { createHttpServer } from './platform/http-server.js';
import type { Logger } from './platform/logger.js';
import { LIMITS } from './protocol/limits.js';
import { PROTOCOL } from './protocol/version.js';
import { createBus, type RedisConnections } from './realtime/bus/index.js';
import { createRealtime } from './realtime/index.js';
import { createPresence } from './realtime/presence/index.js';
import { registerTransports } from './realtime/transports/index.js';

export const VERSION = '0.1.0';

export interface AppOptions {
  readonly config: Config;
  readonly jwtSecret: string;
  readonly database: Database;
  readonly redis: RedisConnections | undefined;
  readonly log: Logger;
  /** Folder of the built client. */
  readonly clientDir: string;
}

export interface App {
  readonly http: FastifyInstance;
  /** Begins to hear other nodes; before it, nothing is served. */
  start(): Promise<void>;
  /** Leaves in order: refuse, let go, finish what was accepted, close. Takes at most about `drainMs`. */
  drain(): Promise<void>;
}

/** The composition root: the only file that names every module. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, database, redis, log, jwtSecret } = options;
  const { prisma } = database;
  const clock = systemClock;

  const bus = createBus(redis);
  const tokens = createTokens(jwtSecret, config, clock);
  const accountsRepository = createAccountsRepository(prisma);
  const accounts = createAccountsService({
    repository: accountsRepository,
    tokens,
    tickets: createTicketStore(redis),
    clock,
  });
  const conversations = createConversationsService({
    repository: createConversationsRepository(prisma),
    bus,
  });
  const messagesRepository = createMessagesRepository(prisma, presentMessage);
  const writer = createWriter(createStore(database));
  const messages = createMessagesService({
    repository: messagesRepository,
    writer,
    bus,
    conversations,
  });
  const businessesRepository = createBusinessesRepository(prisma);

  const handshake = {
    authenticate: accounts.authenticate,
    redeemTicket: accounts.redeemTicket,
    requireVisible: conversations.requireVisible,
    origins: config.corsOrigins,
  };
  const realtime = createRealtime({
    bus,
    presence: createPresence(redis, clock),
    people: {
      staffOf: businessesRepository.staffOf,
      lastSeen: accountsRepository.lastSeen,
      markSeen: accountsRepository.markSeen,
    },
    conversationLog: createConversationLog(prisma),
    userLog: createUserLog(prisma),
    handshake,
    handlers: { ...createConversationCommands(conversations), ...createMessageCommands(messages) },
    frameLimit: { burst: config.limits.messagesBurst, perSecond: config.limits.messagesPerSecond },
    clock,
    log,
  });
  const businesses = createBusinessesService({
    repository: businessesRepository,
    provisionVisitor: accounts.provisionVisitor,
    issueToken: tokens.issue,
    availability: (businessId) => realtime.attendance.availability(businessId),
  });

  const http = await createHttpServer({ config, log, redis: redis?.commands });
  let draining = false;
  http.get('/health', { schema: { hide: true } }, async () => ({ status: 'ok', version: VERSION }));
  http.get('/health/ready', { schema: { hide: true } }, async (_request, reply) =>
    draining ? reply.code(503).send({ status: 'draining' }) : { status: 'ready' },
  );
  await registerDocs(http, VERSION);
  await http.register(websocket, {
    options: {
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytes,
      clientTracking: false,
      handleProtocols,
    },
    preClose: (done) => done(),
  });
  http.addHook('onRequest', async ({ url }, reply) => {
    if (draining && /^\/(ws|sse)\b/.test(url))
      await reply.code(503).header('retry-after', '1').send();
  });
  registerTransports(http, { hub: realtime.hub, sessions: realtime.sessions, handshake });

  const { identify } = realtime;
  const perMinute = (max: number) => ({ max, timeWindow: 60_000 });
  const loginLimit = perMinute(config.limits.loginsPerMinute);
  const visitorLimit = perMinute(config.limits.visitorsPerMinute);
  await http.register(accountsRoutes, { accounts, identify, loginLimit });
  await http.register(businessesRoutes, { businesses, visitorLimit });
  await http.register(conversationsRoutes, { conversations, identify });
  await http.register(messagesRoutes, { messages, identify });
  await registerPages(http, {
    clientDir: options.clientDir,
    hasDemo: async () => (await businessesRepository.findByKey(DEMO_WIDGET_KEY)) !== null,
    embedders: businesses.embedders,
  });

  return {
    http,
    start: () => realtime.start(),
    drain: async () => {
      draining = true;
      await realtime.sessions.drain(config.drainMs);
      await writer.idle();
      await realtime.stop();
      await http.close();
      await bus.close();
    },
  };
}

/** Never echoes the token that may stand among the offers. */
function handleProtocols(offered: Set<string>): string | false {
  return offered.has(PROTOCOL) ? PROTOCOL : false;
}
