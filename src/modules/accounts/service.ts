import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Person } from '../../protocol/resources/person.js';
import type { Caller } from '../../realtime/caller.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { presentOwnProfile, presentPerson } from './present.js';
import { createRecognise } from './recognise.js';
import type { AccountsRepository, KnownUser, UserRecord } from './repository.js';
import type { OwnProfile } from './schemas.js';
import type { TicketStore } from './tickets/index.js';
import { type Claims, OWN_ISSUER, type Tokens } from './tokens.js';

const LOGIN_LIFETIME_S = 12 * 3_600;
const TICKET_MS = 30_000;
/** How long a caller's profile and businesses may be stale. */
const CALLER_CACHE_MS = 5_000;

export interface AccountsPorts {
  readonly repository: AccountsRepository;
  readonly tokens: Tokens;
  readonly tickets: TicketStore;
  readonly clock: Clock;
}

export type AccountsService = ReturnType<typeof createAccountsService>;

export function createAccountsService({ repository, tokens, tickets, clock }: AccountsPorts) {
  const recognise = createRecognise(repository);
  const callers = new LRUCache<string, Promise<KnownUser>>({ max: 50_000, ttl: CALLER_CACHE_MS });
  const decoy = hashPassword('nobody has this password');

  const meet = async (claims: Claims): Promise<KnownUser> =>
    (await recognise(claims)) ??
    (claims.issuer === OWN_ISSUER ? findOwn(repository, claims) : provision(repository, claims));

  const userOf = (claims: Claims): Promise<KnownUser> => {
    const key = JSON.stringify({ ...claims, expiresAt: 0 });
    const cached = callers.get(key);
    if (cached) return cached;
    const loading = meet(claims);
    callers.set(key, loading);
    loading.catch(() => callers.delete(key));
    return loading;
  };

  const authenticate = async (token: string): Promise<Caller> => {
    const claims = tokens.verify(token);
    return toCaller(await userOf(claims), claims.expiresAt);
  };

  return {
    authenticate,

    /** A user of our own, known by a subject that only we issue. */
    provisionVisitor: async (subject: string, name: string): Promise<Person> => {
      const own = await repository.findBySubject(OWN_ISSUER, subject);
      if (own) return presentPerson(own);
      const id = await repository.provision({ issuer: OWN_ISSUER, subject, name, expiresAt: 0 });
      return presentPerson((await repository.findUser(id)) as UserRecord);
    },

    profile: async (caller: Caller): Promise<OwnProfile> => {
      const user = await repository.findUser(caller.userId);
      if (!user) throw new AppError('unauthorized', 'The user of this token is gone.');
      return presentOwnProfile(user);
    },

    /** An unknown address takes as long as a wrong password and answers the same. */
    login: async (email: string, password: string) => {
      const account = await repository.findAccount(email.trim().toLowerCase());
      const matches = await verifyPassword(password, account?.passwordHash ?? (await decoy));
      if (!account || !matches)
        throw new AppError('login_failed', 'E-mail address or password is wrong.');
      const issued = tokens.issue(account.user.externalId, LOGIN_LIFETIME_S);
      return { ...issued, user: presentOwnProfile(account.user) };
    },

    issueTicket: async (caller: Caller) => {
      const ticket = randomBytes(16).toString('base64url');
      const value = JSON.stringify({ userId: caller.userId, expiresAt: caller.expiresAt });
      await tickets.put(ticket, value, TICKET_MS);
      return { ticket, expiresAt: new Date(clock.now() + TICKET_MS).toISOString() };
    },

    redeemTicket: async (ticket: string): Promise<Caller> => {
      const value = await tickets.take(ticket);
      const { userId, expiresAt } = JSON.parse(value ?? '{}') as {
        userId?: string;
        expiresAt?: number;
      };
      const user = userId ? await repository.findUser(userId) : null;
      if (user && expiresAt && expiresAt > clock.now()) return toCaller(user, expiresAt);
      throw new AppError(
        'unauthorized',
        'The ticket is unknown, used or older than 30 seconds. Get a new one.',
      );
    },
  };
}

async function findOwn(
  repository: AccountsRepository,
  { issuer, subject }: Claims,
): Promise<UserRecord> {
  const user = await repository.findBySubject(issuer, subject);
  if (!user) throw new AppError('unauthorized', 'The user of this token is gone.');
  return user;
}

async function provision(repository: AccountsRepository, claims: Claims): Promise<UserRecord> {
  const id = await repository.provision(claims);
  const { businessId, role } = claims;
  if (businessId && role === 'CUSTOMER') await repository.leaveBusiness(id, businessId);
  else if (businessId && role) await repository.followBusiness(id, businessId, role.toLowerCase());
  return (await repository.findUser(id)) as UserRecord;
}

function toCaller(user: KnownUser, expiresAt: number): Caller {
  const staffOf = user.memberships.map(({ businessId }) => businessId);
  return { userId: user.id, person: presentPerson(user), expiresAt, staffOf };
}
