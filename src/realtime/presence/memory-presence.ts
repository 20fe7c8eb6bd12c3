import type { Clock } from '../../platform/clock.js';
import type { Status } from '../../protocol/resources/presence.js';
import { type Beat, combine, type Presence } from './presence.js';

interface Entry {
  readonly status: Status;
  readonly expiresAt: number;
}

export function createMemoryPresence(clock: Clock, ttlMs: number): Presence {
  const users = new Map<string, Map<string, Entry>>();

  const statusOf = (userId: string): Status => {
    const live = [...(users.get(userId)?.values() ?? [])].filter(
      ({ expiresAt }) => expiresAt > clock.now(),
    );
    return combine(live.map(({ status }) => status));
  };
  const write = ({ userId, connectionId, status }: Beat) => {
    const connections = users.get(userId) ?? new Map<string, Entry>();
    users.set(userId, connections.set(connectionId, { status, expiresAt: clock.now() + ttlMs }));
  };
  const erase = (userId: string, connectionId: string) => {
    const connections = users.get(userId);
    connections?.delete(connectionId);
    if (connections?.size === 0) users.delete(userId);
  };
  const changing = (userId: string, change: () => void) => {
    const before = statusOf(userId);
    change();
    return { before, after: statusOf(userId) };
  };

  return {
    set: async (beat) => changing(beat.userId, () => write(beat)),
    remove: async (userId, connectionId) => changing(userId, () => erase(userId, connectionId)),
    renew: async (beats) => beats.forEach(write),
    statuses: async (userIds) => {
      const known = userIds.map((id) => [id, statusOf(id)] as const);
      return new Map(known.filter(([, status]) => status !== 'offline'));
    },
  };
}
