import type { Clock } from '../../platform/clock.js';
import type { Status } from '../../protocol/resources/presence.js';
import { type Beat, combine, type Presence } from './presence.js';

/** Of the only node there is: its lease is its life, and nobody is left to miss it. */
export function createMemoryPresence(clock: Clock): Presence {
  const users = new Map<string, Map<string, Status>>();

  const statusOf = (userId: string): Status => combine(users.get(userId)?.values() ?? []);
  const write = ({ userId, connectionId, status }: Beat) => {
    const connections = users.get(userId) ?? new Map<string, Status>();
    users.set(userId, connections.set(connectionId, status));
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
    begin: async (beats) => {
      users.clear();
      for (const beat of beats) write(beat);
    },
    renew: async () => true,
    set: async (beat) => changing(beat.userId, () => write(beat)),
    remove: async (userId, connectionId) => changing(userId, () => erase(userId, connectionId)),
    reap: async () => [],
    leave: async () => {
      const present = [...users.keys()].filter((userId) => statusOf(userId) !== 'offline');
      users.clear();
      return present.map((userId) => ({ userId, at: new Date(clock.now()) }));
    },
    statuses: async (userIds) => {
      const known = userIds.map((id) => [id, statusOf(id)] as const);
      return new Map(known.filter(([, status]) => status !== 'offline'));
    },
  };
}
