import type { Status } from '../../protocol/resources/presence.js';

export interface Change {
  readonly before: Status;
  readonly after: Status;
}

/** A connection's status with an expiry that its node keeps renewing. */
export interface Beat {
  readonly userId: string;
  readonly connectionId: string;
  readonly status: Status;
}

/**
 * Who is there, by connection: a user is online while any connection is, away while any is away and none online.
 * Connections that are not renewed within the TTL no longer count, so a dead node's people go offline by themselves.
 */
export interface Presence {
  set(beat: Beat): Promise<Change>;
  remove(userId: string, connectionId: string): Promise<Change>;
  /** Renews what `set` said, in one go. */
  renew(beats: readonly Beat[]): Promise<void>;
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
