import { randomBytes, randomUUID } from 'node:crypto';
import { createCache } from '../../platform/cache.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Person, Role } from '../../protocol/resources/person.js';
import type { Caller, TokenIdentity } from '../../realtime/caller.js';
import type { DeviceRepository } from './device-repository.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { presentDevice, presentOwnProfile, presentPerson } from './present.js';
import { createRecognise } from './recognise.js';
import type { AccountsRepository, KnownUser, UserRecord } from './repository.js';
import type { Revocations } from './revocations.js';
import type { Device, OwnProfile } from './schemas.js';
import type { TicketStore } from './tickets/index.js';
import { type Claims, LOGIN_LIFETIME_S, OWN_ISSUER, type Tokens } from './tokens.js';

const TICKET_MS = 30_000;
/** How long a caller's profile and businesses may be stale. */
const CALLER_CACHE_MS = 5_000;

export interface AccountsPorts {
  readonly repository: AccountsRepository;
  readonly tokens: Tokens;
  readonly tickets: TicketStore;
  readonly devices: DeviceRepository;
  readonly revocations: Revocations;
  readonly clock: Clock;
  /** Tells every node, this one included, that tokens were revoked. */
  announceRevocation(): void;
  /** Tells every node, this one included, that the businesses of a user have changed. */
  announceRights(userId: string): void;
}

export type AccountsService = ReturnType<typeof createAccountsService>;

export function createAccountsService(ports: AccountsPorts) {
  const { repository, tokens, tickets, devices, revocations, clock } = ports;
  const recognise = createRecognise(repository);
  const callers = createCache<CachedUser>({ max: 50_000, ttl: CALLER_CACHE_MS });
  const decoy = hashPassword('nobody has this password');

  const provision = async (claims: Claims): Promise<KnownUser> => {
    const id = await repository.provision(claims);
    const { businessId, role } = claims;
    if (businessId && role && (await followClaims(repository, id, businessId, role)))
      ports.announceRights(id);
    return (await repository.findUser(id)) as UserRecord;
  };

  const meet = async (claims: Claims): Promise<KnownUser> =>
    (await recognise(claims)) ??
    (claims.issuer === OWN_ISSUER ? findOwn(repository, claims) : provision(claims));

  const userOf = (claims: Claims): Promise<KnownUser> => {
    const { issuer, subject, name, email, avatar, role, businessId } = claims;
    const key = JSON.stringify([issuer, subject, name, email, avatar, role, businessId]);
    const cached = callers.get(key);
    if (cached) return cached.loading;
    const loading = meet(claims);
    const entry: CachedUser = { loading, userId: null };
    callers.set(key, entry);
    loading.then(
      ({ id }) => {
        entry.userId = id;
      },
      () => callers.delete(key),
    );
    return loading;
  };

  const requireValid = (token: TokenIdentity): void => {
    if (revocations.isRevoked(token))
      throw new AppError('unauthorized', 'The token has been revoked. Sign in again.');
  };

  const authenticate = async (token: string): Promise<Caller> => {
    const claims = await tokens.verify(token);
    requireValid(claims);
    return toCaller(await userOf(claims), claims.expiresAt, identityOf(claims));
  };

  /** Revoked here once this resolves; on the other nodes as soon as they hear of it. */
  const spreadRevocation = async (): Promise<void> => {
    ports.announceRevocation();
    await revocations.read();
  };

  const endSession = async (caller: Caller, id: string): Promise<void> => {
    if (!(await devices.end(caller.userId, id)))
      throw new AppError('not_found', 'You have no such session.');
    await spreadRevocation();
  };

  return {
    authenticate,

    /** A user of our own, known by a subject that only we issue. */
    provisionVisitor: async (subject: string, name: string): Promise<Person> => {
      const own = await repository.findBySubject(OWN_ISSUER, subject);
      if (own) return presentPerson(own);
      const id = await repository.provision({ issuer: OWN_ISSUER, subject, name });
      return presentPerson((await repository.findUser(id)) as UserRecord);
    },

    profile: async (caller: Caller): Promise<OwnProfile> => {
      const user = await repository.findUser(caller.userId);
      if (!user) throw new AppError('unauthorized', 'The user of this token is gone.');
      return presentOwnProfile(user);
    },

    /** An unknown address takes as long as a wrong password and answers the same. */
    login: async (email: string, password: string, userAgent: string | null) => {
      const account = await repository.findAccount(email.trim().toLowerCase());
      const matches = await verifyPassword(password, account?.passwordHash ?? (await decoy));
      if (!account || !matches)
        throw new AppError('login_failed', 'E-mail address or password is wrong.');
      const id = randomUUID();
      const issued = tokens.issue(account.user.externalId, LOGIN_LIFETIME_S, id);
      const expiresAt = new Date(issued.expiresAt);
      await devices.add({ id, userId: account.user.id, userAgent, expiresAt });
      return { ...issued, user: presentOwnProfile(account.user) };
    },

    sessions: async ({ userId, token }: Caller): Promise<Device[]> => {
      const records = await devices.listOf(userId, new Date(clock.now()));
      return records.map((record) => presentDevice(record, token.sid));
    },

    endSession,

    logout: async (caller: Caller): Promise<void> => {
      const { issuer, sid } = caller.token;
      if (issuer !== OWN_ISSUER || sid === null)
        throw new AppError(
          'bad_request',
          'This token is of no login here. Sign out at its issuer.',
        );
      await endSession(caller, sid);
    },

    endAllSessions: async ({ userId, token }: Caller): Promise<void> => {
      await devices.endAll(userId, token.issuer, token.subject);
      await spreadRevocation();
    },

    issueTicket: async ({ userId, expiresAt, token }: Caller) => {
      const ticket = randomBytes(16).toString('base64url');
      await tickets.put(ticket, JSON.stringify({ userId, expiresAt, token }), TICKET_MS);
      return { ticket, expiresAt: new Date(clock.now() + TICKET_MS).toISOString() };
    },

    redeemTicket: async (ticket: string): Promise<Caller> => {
      const value = await tickets.take(ticket);
      const stored = value === null ? null : (JSON.parse(value) as StoredTicket);
      if (stored && stored.expiresAt > clock.now()) {
        requireValid(stored.token);
        const user = await repository.findUser(stored.userId);
        if (user) return toCaller(user, stored.expiresAt, stored.token);
      }
      throw new AppError(
        'unauthorized',
        'The ticket is unknown, used or older than 30 seconds. Get a new one.',
      );
    },

    /** The next request of this user reads their rights again. */
    forgetRights: (userId: string): void => {
      for (const [key, cached] of callers.entries())
        if (cached.userId === userId || cached.userId === null) callers.delete(key);
    },
  };
}

interface CachedUser {
  readonly loading: Promise<KnownUser>;
  /** Null while it loads. */
  userId: string | null;
}

type StoredTicket = Pick<Caller, 'userId' | 'expiresAt' | 'token'>;

async function findOwn(
  repository: AccountsRepository,
  { issuer, subject }: Claims,
): Promise<UserRecord> {
  const user = await repository.findBySubject(issuer, subject);
  if (!user) throw new AppError('unauthorized', 'The user of this token is gone.');
  return user;
}

/** Whether that has changed anything. */
function followClaims(
  repository: AccountsRepository,
  userId: string,
  businessId: string,
  role: Role,
): Promise<boolean> {
  if (role === 'CUSTOMER') return repository.leaveBusiness(userId, businessId);
  return repository.followBusiness(userId, businessId, role.toLowerCase());
}

/** Without the rest of the claims: a session keeps it for as long as it lives. */
function identityOf({ issuer, subject, issuedAt, sid, jti }: Claims): TokenIdentity {
  return { issuer, subject, issuedAt, sid, jti };
}

function toCaller(user: KnownUser, expiresAt: number, token: TokenIdentity): Caller {
  const staffOf = user.memberships.map(({ businessId }) => businessId);
  return { userId: user.id, person: presentPerson(user), expiresAt, staffOf, token };
}
