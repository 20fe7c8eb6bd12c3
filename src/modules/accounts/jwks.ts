import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import { fetchJson } from '../../platform/fetch-json.js';
import type { Logger } from '../../platform/logger.js';

/** From here on keys are read again beside the work: a key that was withdrawn counts no longer than this. */
const FRESH_MS = 5 * 60_000;
/** For so long the keys read last outlive the endpoint. */
const VALID_MS = 24 * 3_600_000;
/** Tokens with invented key ids cannot turn into a storm of fetches. */
const RETRY_MS = 30_000;
/** Without a single key nobody can be let in, so it is tried more often. */
const RETRY_EMPTY_MS = 2_000;
const MAX_KEYS = 64;
const MAX_KID_CHARS = 256;

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type KeyAlgorithm = (typeof ALGORITHMS)[number];

export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  readonly kid: string | undefined;
  readonly pem: string;
}

export interface KeySet {
  /** The one key that a token's header names; undefined when there is none, or more than one. */
  find(header: Readonly<Record<string, unknown>>): Promise<PublicKey | undefined>;
}

export interface KeySetOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The public keys at one address. A token chooses among them by `kid`; it cannot bring its own or name another address. */
export function createKeySet({ url, clock, log }: KeySetOptions): KeySet {
  let keys: readonly PublicKey[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let healthy = true;
  let reading: Promise<void> | undefined;

  const read = async () => {
    triedAt = clock.now();
    try {
      keys = parseKeys(await fetchJson(url));
      readAt = clock.now();
      if (!healthy) log.info('the keys of JWT_JWKS_URL can be read again');
      healthy = true;
    } catch (error) {
      if (healthy) log.warn({ err: { message: reasonOf(error) } }, 'JWT_JWKS_URL cannot be read');
      healthy = false;
    }
  };
  const isValid = () => clock.now() - readAt < VALID_MS;
  /** Joins the reading in flight, if any: all who wait for a new key are served by one fetch. */
  const refresh = (): Promise<void> => {
    const wait = isValid() ? RETRY_MS : RETRY_EMPTY_MS;
    if (!reading && clock.now() - triedAt >= wait) {
      reading = read().finally(() => {
        reading = undefined;
      });
    }
    return reading ?? Promise.resolve();
  };

  return {
    find: async ({ alg, kid }) => {
      if (!isAlgorithm(alg) || !isKeyId(kid)) return undefined;
      if (!isValid()) await refresh();
      else if (clock.now() - readAt >= FRESH_MS) void refresh();
      if (!isValid()) throw unavailable();
      const here = theOnly(keys, alg, kid);
      if (here) return here;
      await refresh();
      return theOnly(keys, alg, kid);
    },
  };
}

/** Exactly one: where two keys fit, it would be the token that decides by which of them it is checked. */
function theOnly(
  keys: readonly PublicKey[],
  algorithm: KeyAlgorithm,
  kid: string | undefined,
): PublicKey | undefined {
  const fitting = keys.filter(
    (key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function isAlgorithm(alg: unknown): alg is KeyAlgorithm {
  return ALGORITHMS.includes(alg as KeyAlgorithm);
}

function isKeyId(kid: unknown): kid is string | undefined {
  return kid === undefined || (typeof kid === 'string' && kid.length <= MAX_KID_CHARS);
}

function parseKeys(document: unknown): PublicKey[] {
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('The answer has no list of `keys`');
  const usable = keys.slice(0, MAX_KEYS).flatMap((jwk) => parseKey(jwk) ?? []);
  if (usable.length === 0) throw new Error('The answer has no key for RS256, ES256 or EdDSA');
  return usable;
}

type Jwk = JsonWebKey & { use?: unknown; key_ops?: unknown };

/** Null for what signs nothing that we check, is broken, or too weak. The key decides on its algorithm, never a token. */
function parseKey(value: unknown): PublicKey | null {
  if (typeof value !== 'object' || value === null) return null;
  const jwk = value as Jwk;
  const algorithm = algorithmOf(jwk);
  if (!algorithm || !isForSignatures(jwk) || !isKeyId(jwk.kid)) return null;
  try {
    const key = createPublicKey({ key: publicPart(jwk), format: 'jwk' });
    if ((key.asymmetricKeyDetails?.modulusLength ?? 2_048) < 2_048) return null;
    const pem = key.export({ type: 'spki', format: 'pem' }).toString();
    return { algorithm, kid: jwk.kid, pem };
  } catch {
    return null;
  }
}

function algorithmOf({ kty, crv, alg }: Jwk): KeyAlgorithm | undefined {
  const algorithm = (
    { RSA: 'RS256', 'EC P-256': 'ES256', 'OKP Ed25519': 'EdDSA' } as Record<string, KeyAlgorithm>
  )[kty === 'RSA' ? kty : `${kty} ${crv}`];
  return alg === undefined || alg === algorithm ? algorithm : undefined;
}

function isForSignatures({ use, key_ops }: Jwk): boolean {
  const isListed = !Array.isArray(key_ops) || key_ops.includes('verify');
  return isListed && (use === undefined || use === 'sig');
}

const publicPart = ({ kty, crv, n, e, x, y }: Jwk): JsonWebKey =>
  JSON.parse(JSON.stringify({ kty, crv, n, e, x, y })) as JsonWebKey;

/** `fetch` says "fetch failed" and hides why in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}

function unavailable(): AppError {
  const message = 'Tokens cannot be checked just now: the keys of their issuer are out of reach.';
  return new AppError('unavailable', message, { retryAfterMs: RETRY_EMPTY_MS });
}
