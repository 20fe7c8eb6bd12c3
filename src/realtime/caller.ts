import type { Person } from '../protocol/resources/person.js';

/** Who speaks: established once at the edge by a verified token, trusted inside. */
export interface Caller {
  readonly userId: string;
  readonly person: Person;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Businesses in which the caller is staff. */
  readonly staffOf: readonly string[];
  readonly token: TokenIdentity;
}

/** By what a token can be revoked. */
export interface TokenIdentity {
  /** Empty when the token names none. */
  readonly issuer: string;
  readonly subject: string;
  /** Milliseconds since the epoch; 0 when the token does not say. */
  readonly issuedAt: number;
  /** The login that it belongs to. */
  readonly sid: string | null;
  readonly jti: string | null;
}
