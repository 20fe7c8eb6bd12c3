import { createDecoder, createSigner, createVerifier, TokenError } from 'fast-jwt';
import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Role } from '../../protocol/resources/person.js';
import type { TokenIdentity } from '../../realtime/caller.js';
import type { KeyAlgorithm, KeySet, PublicKey } from './jwks.js';

/** Issuer of the tokens that this service makes itself, for accounts and visitors. */
export const OWN_ISSUER = 'servihub-chat';
/** Of a login with a built-in account. Visitors' tokens live shorter. */
export const LOGIN_LIFETIME_S = 12 * 3_600;
const LEEWAY_MS = 30_000;

/** What a verified token says. */
export interface Claims extends TokenIdentity {
  readonly expiresAt: number;
  readonly name?: string;
  readonly email?: string;
  readonly avatar?: string;
  readonly role?: Role;
  readonly businessId?: string;
}

export interface Tokens {
  /** Throws `unauthorized`, `token_expired`, or `unavailable` when no key can be had to check it. */
  verify(token: string): Promise<Claims>;
  /** A token of our own for a subject of our own, and for one login of theirs. */
  issue(subject: string, lifetimeS: number, sid?: string): { token: string; expiresAt: string };
}

type TokenConfig = Pick<
  Config,
  'jwtIssuer' | 'jwtAudience' | 'jwtSubjectClaim' | 'jwtMaxLifetimeS'
>;
type Payload = Readonly<Record<string, unknown>>;

type Verifier = (token: string) => Payload;

export interface TokenKeys {
  readonly secret: string;
  /** Keys of the host platform. With them the secret signs our own tokens and no others. */
  readonly keySet: KeySet | undefined;
}

/** The algorithm is pinned to the key: a token cannot choose how it is checked. */
export function createTokens(keys: TokenKeys, config: TokenConfig, clock: Clock): Tokens {
  const { secret, keySet } = keys;
  const bySecret = verifierOf(secret, 'HS256');
  const byKey = keySet && createKeyedVerifier(keySet);
  return {
    verify: async (token) => {
      const foreign = await byKey?.(token);
      const payload = foreign ?? verified(bySecret, token);
      const isOwn = payload.iss === OWN_ISSUER;
      if (byKey && isOwn === Boolean(foreign)) throw unauthorized(WRONG_KEY);
      return readClaims(payload, isOwn, config);
    },
    issue: (subject, lifetimeS, sid) => {
      const expiresAt = Math.floor(clock.now() / 1_000) + lifetimeS;
      const sign = createSigner({ key: secret, algorithm: 'HS256' });
      const aud = config.jwtAudience;
      const claims = { iss: OWN_ISSUER, sub: subject, exp: expiresAt };
      const token = sign({ ...claims, ...(aud && { aud }), ...(sid && { sid }) });
      return { token, expiresAt: new Date(expiresAt * 1_000).toISOString() };
    },
  };
}

/** Neither may the platform's keys sign in our name, nor a leaked secret in the platform's. */
const WRONG_KEY = 'The token is signed with a key that its issuer does not use.';

const verifierOf = (key: string, algorithm: KeyAlgorithm | 'HS256'): Verifier =>
  createVerifier({ key, algorithms: [algorithm], cache: false, clockTolerance: LEEWAY_MS });

/** Answers undefined for a token that no key of the set can have signed. */
function createKeyedVerifier(keySet: KeySet): (token: string) => Promise<Payload | undefined> {
  const verifiers = new WeakMap<PublicKey, Verifier>();
  const decode = createDecoder({ complete: true });
  return async (token) => {
    const { header } = decoded(decode, token);
    if (header.alg === 'HS256') return undefined;
    const key = await keySet.find(header);
    if (!key) throw unauthorized('The token is signed with an unknown key.');
    const verifier = verifiers.get(key) ?? verifierOf(key.pem, key.algorithm);
    verifiers.set(key, verifier);
    return verified(verifier, token);
  };
}

function decoded(
  decode: (token: string) => { header: Payload },
  token: string,
): { header: Payload } {
  try {
    return decode(token);
  } catch {
    throw unauthorized('The token is not valid.');
  }
}

function verified(verifier: Verifier, token: string): Payload {
  try {
    return verifier(token);
  } catch (error) {
    if (error instanceof TokenError && error.code === TokenError.codes.expired) {
      throw new AppError('token_expired', 'The token has expired. Get a new one.');
    }
    throw unauthorized('The token is not valid.');
  }
}

function readClaims(payload: Payload, isOwn: boolean, config: TokenConfig): Claims {
  const { exp, iat, iss, sid, jti } = payload;
  const expiresAt = expiryOf(exp);
  const subject = subjectOf(payload[isOwn ? 'sub' : config.jwtSubjectClaim]);
  if (!isOwn) requireIssuer(iss, config.jwtIssuer);
  if (!isOwn) requireLifetime(expiresAt, iat, config.jwtMaxLifetimeS);
  requireAudience(payload.aud, config.jwtAudience);
  return {
    issuer: typeof iss === 'string' ? iss : '',
    subject,
    issuedAt: typeof iat === 'number' ? iat * 1_000 : 0,
    sid: typeof sid === 'string' ? sid : null,
    jti: typeof jti === 'string' ? jti : null,
    expiresAt,
    ...profile(payload),
  };
}

/** The last moment that a date of JavaScript can name. */
const END_OF_TIME_MS = 8_640_000_000_000_000;

function expiryOf(exp: unknown): number {
  if (typeof exp === 'number' && exp * 1_000 <= END_OF_TIME_MS) return exp * 1_000;
  throw unauthorized('The token has no `exp` that is a time.');
}

/** An empty one would make everybody whose name the issuer forgot the same person. */
function subjectOf(claim: unknown): string {
  const subject = typeof claim === 'number' ? String(claim) : claim;
  if (typeof subject === 'string' && /^\P{Cc}{1,500}$/u.test(subject)) return subject;
  throw unauthorized('The token names no subject.');
}

/** Here and not by the verifier, which lets a token without `iss` pass. */
function requireIssuer(iss: unknown, expected: string | undefined): void {
  if (expected === undefined || iss === expected) return;
  throw unauthorized('The token is from another issuer.');
}

function requireLifetime(expiresAt: number, iat: unknown, maxLifetimeS?: number): void {
  if (maxLifetimeS === undefined) return;
  if (typeof iat !== 'number' || expiresAt / 1_000 - iat > maxLifetimeS) {
    throw unauthorized(`The token must carry \`iat\` and live at most ${maxLifetimeS} seconds.`);
  }
}

function requireAudience(aud: unknown, expected: string | undefined): void {
  if (expected === undefined || aud === expected || (Array.isArray(aud) && aud.includes(expected)))
    return;
  throw unauthorized('The token is for another audience.');
}

/** Control characters, which PostgreSQL or a screen would choke on, and what turns the direction of the text around. */
const INVISIBLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const ROLES: readonly string[] = ['CUSTOMER', 'AGENT', 'ADMIN'];

function profile(
  payload: Payload,
): Pick<Claims, 'name' | 'email' | 'avatar' | 'role' | 'businessId'> {
  const text = (value: unknown) =>
    typeof value === 'string' ? value.replace(INVISIBLE, '').slice(0, 500) : undefined;
  const name = text(payload.name)?.slice(0, 120);
  const email = text(payload.email);
  const avatar = text(payload.avatar ?? payload.picture);
  const role = text(payload.role)?.toUpperCase();
  const businessId = text(payload.businessId);
  return {
    ...(name && { name }),
    ...(email && { email }),
    ...(avatar && /^https:\/\//.test(avatar) && { avatar }),
    ...(role && ROLES.includes(role) && { role: role as Role }),
    ...(businessId && { businessId }),
  };
}

function unauthorized(message: string): AppError {
  return new AppError('unauthorized', message);
}
