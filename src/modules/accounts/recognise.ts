import { batched, GATHER_MS } from '../../platform/batching.js';
import type { AccountsRepository, KnownUser } from './repository.js';
import type { Claims } from './tokens.js';

/** After a cut everybody comes back at once; two statements under way leave the pool to those who send. */
const BATCHES_AT_ONCE = 2;
const MOST = 100;

export type Recognise = (claims: Claims) => Promise<KnownUser | null>;

/**
 * Finds the user of a token without writing. Null when there is none, or when the token says something else than the
 * row: nearly everybody who connects has been here before, with the same token's profile.
 */
export function createRecognise(repository: Pick<AccountsRepository, 'findKnown'>): Recognise {
  const find = batched({
    answer: repository.findKnown,
    atOnce: BATCHES_AT_ONCE,
    most: MOST,
    gatherMs: GATHER_MS,
  });
  return async (claims) => {
    const known = await find({ issuer: claims.issuer, subject: claims.subject });
    return known && agrees(known, claims) ? known : null;
  };
}

function agrees(known: KnownUser, { name, email, avatar, role, businessId }: Claims): boolean {
  const same = (claimed: string | undefined, kept: string | null) =>
    claimed === undefined || claimed === kept;
  return (
    same(name, known.name) &&
    same(email, known.email) &&
    same(avatar, known.avatar) &&
    same(role, known.role) &&
    (businessId === undefined || role === undefined || hasRole(known, businessId, role))
  );
}

function hasRole({ memberships }: KnownUser, businessId: string, role: string): boolean {
  const kept = memberships.find((membership) => membership.businessId === businessId)?.role;
  return role === 'CUSTOMER' ? kept === undefined : kept === role.toLowerCase();
}
