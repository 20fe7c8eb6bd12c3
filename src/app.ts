import type { FastifyInstance } from 'fastify';
import type { Config } from './config.js';
import { DEMO_WIDGET_KEY } from './demo.js';
import {
  accountsRoutes,
  createAccountsRepository,
  createAccountsService,
  createDeviceRepository,
  createKeySet,
  createRevocationRepository,
  createRevocations,
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
  type Store,
} from './modules/messages/index.js';
import { Admission } from './platform/admission.js';
import { systemClock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import { DatabaseProbe } from './platform/database-probe.js';
import { EventLoop } from './platform/event-loop.js';
import { registerAdmission } from './platform/http-admission.js';
import { registerDocs } from './platform/http-docs.js';
import { registerHealth } from './platform/http-health.js';
import { registerPages } from './platform/http-pages.js';
import { createHttpServer } from './platform/http-server.js';
import { Upgrades } from './platform/http-upgrades.js';
import type { Logger } from './platform/logger.js';
import { createNodesRepository } from './platform/nodes-repository.js';
import { Overload } from './platform/overload.js';
import { type Bus, createBus, type RedisConnections } from './realtime/bus/index.js';
import { createFrameLimit } from './realtime/frame-limit.js';
import { createRealtime } from './realtime/index.js';
import { INTERVALS, type Intervals } from './realtime/intervals.js';
import type { ConversationLog } from './realtime/log.js';
import { createPresence } from './realtime/presence/index.js';
import { createRedisSharedLimit } from './realtime/redis-shared-limit.js';
import { revocationNotice, rightsNotice } from './realtime/rights.js';
import { registerTransports } from './realtime/transports/index.js';

export const VERSION = '0.1.0';
/** Ways to open a connection, as routes: an address may be written in other ways. */
const DOORS = ['/ws', '/sse', '/poll'];

export interface AppOptions {
  readonly config: Config;
  readonly jwtSecret: string;
  readonly database: Database;
  readonly redis: RedisConnections | undefined;
  readonly log: Logger;
  /** Folder of the built client. */
  readonly clientDir: string;
  /** Where they differ from the product's. */
  readonly intervals?: Partial<Intervals>;
  /** Stands between the parts, for tests that make them fail. */
  readonly wrap?: Wrappers;
}

/** What every acknowledgement and every delivery passes through. */
export interface Wrappers {
  bus(bus: Bus): Bus;
  store(store: Store): Store;
  log(log: ConversationLog): ConversationLog;
}

const AS_IT_IS: Wrappers = { bus: (bus) => bus, store: (store) => store, log: (log) => log };

export interface App {
  readonly http: FastifyInstance;
  /** Begins to hear other nodes; before it, nothing is served. */
  start(): Promise<void>;
  /** Leaves in order: refuse, let go, finish what was accepted, close. Takes at most about `drainMs`. */
  drain(): Promise<void>;
}

/** The composition root: the only file that names every module. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, database, redis, log, jwtSecret, wrap = AS_IT_IS } = options;
  const { prisma } = database;
  const { limits } = config;
  const clock = systemClock;
  const eventLoop = new EventLoop();
  const lagMs = () => eventLoop.lagMs;
  const overload = new Overload({ clock, lagMs });
  const probe = new DatabaseProbe(() => database.pool.query('SELECT 1'), clock);

  const intervals = { ...INTERVALS, ...options.intervals };
  const bus = wrap.bus(createBus(redis, { log, canaryMs: intervals.canaryMs }));
  const { jwtJwksUrl: url } = config;
  const keySet = url === undefined ? undefined : createKeySet({ url, clock, log });
  const tokens = createTokens({ secret: jwtSecret, keySet }, config, clock);
  const devices = createDeviceRepository(prisma);
  const revocations = createRevocations({
    repository: createRevocationRepository(prisma),
    maxLifetimeS: config.jwtMaxLifetimeS,
    clock,
  });
  const accountsRepository = createAccountsRepository(database);
  const accounts = createAccountsService({
    repository: accountsRepository,
    tokens,
    tickets: createTicketStore(redis),
    devices,
    revocations,
    clock,
    announceRevocation: () => bus.publish(revocationNotice()),
    announceRights: (userId) => bus.publish(rightsNotice(userId)),
  });
  const conversationsRepository = createConversationsRepository(database);
  const conversations = createConversationsService({
    repository: conversationsRepository,
    bus,
    clock,
  });
  const messagesRepository = createMessagesRepository(prisma, presentMessage);
  const writer = createWriter(wrap.store(createStore(database)));
  const messages = createMessagesService({
    repository: messagesRepository,
    writer: { write: (send) => overload.run(() => writer.write(send)) },
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
  const limit = { burst: limits.messagesBurst, perSecond: limits.messagesPerSecond };
  const shared = redis && createRedisSharedLimit(redis.commands, redis.prefix, limit);
  const charge = createFrameLimit({ limit, clock, shared });
  const realtime = createRealtime({
    bus,
    presence: createPresence(redis, clock),
    people: {
      staffOf: businessesRepository.staffOf,
      lastSeen: accountsRepository.lastSeen,
      markSeen: accountsRepository.markSeen,
    },
    conversationLog: wrap.log(createConversationLog(database)),
    userLog: createUserLog(database),
    handshake,
    rights: {
      readRevocations: revocations.read,
      isRevoked: revocations.isRevoked,
      businessesOf: accountsRepository.businessesOf,
      visible: conversationsRepository.visible,
      forget: (userId) => {
        accounts.forgetRights(userId);
        conversations.forgetRights(userId);
      },
    },
    handlers: { ...createConversationCommands(conversations), ...createMessageCommands(messages) },
    charge,
    connectionsPerUser: limits.connectionsPerUser,
    leases: createNodesRepository(prisma),
    intervals,
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
  registerHealth(http, {
    version: VERSION,
    eventLoop,
    degraded: () => realtime.sweep.degraded,
    unready: () => (draining ? 'draining' : probe.isReachable ? null : 'database unreachable'),
  });
  await registerDocs(http, VERSION);
  const upgrades = new Upgrades(http, config);
  const admission = new Admission({
    perAddressPerSecond: limits.upgradesPerIpPerSecond,
    perSecond: limits.upgradesPerSecond,
    isClosed: () => draining,
    clock,
    lagMs,
  });
  registerAdmission(http, admission, {
    doors: DOORS,
    check: '/api/connection-check',
  });
  registerTransports(http, {
    hub: realtime.hub,
    sessions: realtime.sessions,
    handshake,
    upgrades,
    enter: (ip) => admission.enter(ip),
  });

  const { identify } = realtime;
  const perMinute = (max: number) => ({ max, timeWindow: 60_000 });
  const loginLimit = perMinute(limits.loginsPerMinute);
  const visitorLimit = perMinute(limits.visitorsPerMinute);
  await http.register(accountsRoutes, { accounts, identify, loginLimit });
  await http.register(businessesRoutes, { businesses, visitorLimit });
  await http.register(conversationsRoutes, { conversations, identify });
  await http.register(messagesRoutes, { messages, identify, charge });
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
      await conversations.marksWritten();
      await realtime.stop();
      await http.close();
      await bus.close();
      probe.stop();
      eventLoop.stop();
    },
  };
}
