import type { Person } from '../protocol/resources/person.js';

/** Who speaks: established once at the edge by a verified token, trusted inside. */
export interface Caller {
  readonly userId: string;
  readonly person: Person;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Businesses in which the caller is staff. */
  readonly staffOf: readonly string[];
}
