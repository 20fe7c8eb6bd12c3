import type { Clock } from '../../platform/clock.js';
import type { TokenIdentity } from '../../realtime/caller.js';
import type { RevocationRecord, RevocationRepository } from './revocation-repository.js';
import { LOGIN_LIFETIME_S, OWN_ISSUER } from './tokens.js';

/** Rows are found by the time of their change; a transaction may commit so much later. */
const OVERLAP_MS = 10 * 60_000;
/** Then everything is read again, so that what was deleted by hand is forgotten too. */
const COMPLETE_MS = 3_600_000;
/** Tokens are accepted for a moment past their end. */
const MARGIN_MS = 60_000;

export interface RevocationsOptions {
  readonly repository: RevocationRepository;
  /** Life of the longest token that is accepted from others, if there is a limit. */
  readonly maxLifetimeS: number | undefined;
  readonly clock: Clock;
}

export type Revocations = ReturnType<typeof createRevocations>;

/** What is revoked of one issuer: times before which tokens are refused, in milliseconds. */
interface Revoked {
  all: number;
  readonly subject: Map<string, number>;
  readonly sid: Set<string>;
  readonly jti: Set<string>;
}

/** This node's copy of the revoked tokens, so that asking costs no query. */
export function createRevocations(options: RevocationsOptions) {
  const { repository, maxLifetimeS, clock } = options;
  let byIssuer = new Map<string, Revoked>();
  let newest = 0;
  let completeAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const dropExpired = () => {
    const before = (lifetimeS: number) => new Date(clock.now() - lifetimeS * 1_000 - MARGIN_MS);
    const longest = Math.max(maxLifetimeS ?? 0, LOGIN_LIFETIME_S);
    const others = maxLifetimeS === undefined ? new Date(0) : before(longest);
    return repository.forget(OWN_ISSUER, before(LOGIN_LIFETIME_S), others);
  };

  const load = async (): Promise<void> => {
    const isComplete = clock.now() - completeAt >= COMPLETE_MS;
    if (isComplete) await dropExpired();
    const rows = await repository.since(new Date(isComplete ? 0 : newest - OVERLAP_MS));
    if (isComplete) byIssuer = new Map();
    if (isComplete) completeAt = clock.now();
    for (const row of rows) {
      note(byIssuer, row);
      newest = Math.max(newest, row.changedAt.getTime());
    }
  };

  return {
    /** Resolves once everything that was committed before the call is known. Who waits shares a reading. */
    read: (): Promise<void> => {
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined;
          running = load();
          return running;
        });
      return next;
    },

    /** `all` and `subject` refuse tokens issued before a time, `sid` and `jti` those that carry it. */
    isRevoked: ({ issuer, subject, issuedAt, sid, jti }: TokenIdentity): boolean => {
      const revoked = byIssuer.get(issuer);
      if (!revoked) return false;
      if (issuedAt < revoked.all || issuedAt < (revoked.subject.get(subject) ?? 0)) return true;
      return (sid !== null && revoked.sid.has(sid)) || (jti !== null && revoked.jti.has(jti));
    },
  };
}

function note(
  byIssuer: Map<string, Revoked>,
  { issuer, kind, value, notBefore }: RevocationRecord,
) {
  let revoked = byIssuer.get(issuer);
  if (!revoked) {
    revoked = { all: 0, subject: new Map(), sid: new Set(), jti: new Set() };
    byIssuer.set(issuer, revoked);
  }
  if (kind === 'all') revoked.all = notBefore.getTime();
  else if (kind === 'subject') revoked.subject.set(value, notBefore.getTime());
  else revoked[kind].add(value);
}
