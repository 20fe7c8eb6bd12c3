import { createSigner, createVerifier, TokenError } from 'fast-jwt';
import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Role } from '../../protocol/resources/person.js';

/** Issuer of the tokens that this service makes itself, for accounts and visitors. */
export const OWN_ISSUER = 'servihub-chat';
const LEEWAY_MS = 30_000;

/** What a verified token says. */
export interface Claims {
  /** Empty when the token names none. */
  readonly issuer: string;
  readonly subject: string;
  readonly expiresAt: number;
  readonly name?: string;
  readonly email?: string;
  readonly avatar?: string;
  readonly role?: Role;
  readonly businessId?: string;
}

export interface Tokens {
  /** Throws `unauthorized` or `token_expired`. */
  verify(token: string): Claims;
  /** A token of our own for a subject of our own. */
  issue(subject: string, lifetimeS: number): { token: string; expiresAt: string };
}

type TokenConfig = Pick<
  Config,
  'jwtIssuer' | 'jwtAudience' | 'jwtSubjectClaim' | 'jwtMaxLifetimeS'
>;
type Payload = Readonly<Record<string, unknown>>;

/** The algorithm is pinned: a token cannot choose how it is checked. */
export function createTokens(secret: string, config: TokenConfig, clock: Clock): Tokens {
  const verifier = createVerifier({
    key: secret,
    algorithms: ['HS256'],
    cache: false,
    clockTolerance: LEEWAY_MS,
  });
  return {
    verify: (token) => readClaims(verified(verifier, token), config),
    issue: (subject, lifetimeS) => {
      const expiresAt = Math.floor(clock.now() / 1_000) + lifetimeS;
      const sign = createSigner({ key: secret, algorithm: 'HS256' });
      const aud = config.jwtAudience;
      const token = sign({ iss: OWN_ISSUER, sub: subject, exp: expiresAt, ...(aud && { aud }) });
      return { token, expiresAt: new Date(expiresAt * 1_000).toISOString() };
    },
  };
}

function verified(verifier: (token: string) => unknown, token: string): Payload {
  try {
    return verifier(token) as Payload;
  } catch (error) {
    if (error instanceof TokenError && error.code === TokenError.codes.expired) {
      throw new AppError('token_expired', 'The token has expired. Get a new one.');
    }
    throw unauthorized('The token is not valid.');
  }
}

function readClaims(payload: Payload, config: TokenConfig): Claims {
  const { exp, iat, iss } = payload;
  const own = iss === OWN_ISSUER;
  if (typeof exp !== 'number') throw unauthorized('The token has no `exp`.');
  const subject = subjectOf(payload[own ? 'sub' : config.jwtSubjectClaim]);
  if (!own) requireIssuer(iss, config.jwtIssuer);
  if (!own) requireLifetime(exp, iat, config.jwtMaxLifetimeS);
  requireAudience(payload.aud, config.jwtAudience);
  return {
    issuer: typeof iss === 'string' ? iss : '',
    subject,
    expiresAt: exp * 1_000,
    ...profile(payload),
  };
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

function requireLifetime(exp: number, iat: unknown, maxLifetimeS: number | undefined): void {
  if (maxLifetimeS === undefined) return;
  if (typeof iat !== 'number' || exp - iat > maxLifetimeS) {
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
