import type { Status } from '../../protocol/resources/presence.js';

export interface Change {
  readonly before: Status;
  readonly after: Status;
}

/** What a connection says of its user. */
export interface Beat {
  readonly userId: string;
  readonly connectionId: string;
  readonly status: Status;
}

/** Somebody who went offline without having been removed. */
export interface Departure {
  readonly userId: string;
  /** When their node was heard of last. */
  readonly at: Date;
}

/**
 * Who is there, by connection: a user is online while any connection is, away while any is away and none online.
 *
 * What a node says counts under a lease of that node, so keeping 10,000 connections costs one renewal and not 10,000,
 * and the people of a node that died are taken out together, by whichever node notices. Everything rejects while the
 * store is away, and whether it had an effect is then unknown: `begin` puts that right.
 */
export interface Presence {
  /** Begins a lease with these connections; what this node said before is void. Read as it goes, so it may be live. */
  begin(beats: Iterable<Beat>): Promise<void>;
  /** False: the lease has run out or was lost, and nothing that was said under it counts. */
  renew(): Promise<boolean>;
  /** Rejects without a lease: what nobody renews would stay for ever. */
  set(beat: Beat): Promise<Change>;
  remove(userId: string, connectionId: string): Promise<Change>;
  /** Takes out what was said under leases that have run out; of several nodes that do so, one names a departure. */
  reap(): Promise<readonly Departure[]>;
  /** This node ends. Its people count for the grace time, for they may be coming back elsewhere. */
  leave(graceMs: number): Promise<readonly Departure[]>;
  /** Users who are offline are absent. */
  statuses(userIds: readonly string[]): Promise<Map<string, Status>>;
}

export function combine(statuses: Iterable<Status>): Status {
  let combined: Status = 'offline';
  for (const status of statuses) {
    if (status === 'online') return 'online';
    if (status === 'away') combined = 'away';
  }
  return combined;
}

export const wentOffline = ({ before, after }: Change): boolean =>
  before !== 'offline' && after === 'offline';
