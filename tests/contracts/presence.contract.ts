import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../src/platform/clock.js';
import type { Status } from '../../src/protocol/resources/presence.js';
import type { Presence } from '../../src/realtime/presence/index.js';
import { createFakeClock, type FakeClock } from '../support/clock.js';

export const TTL_MS = 60_000;

export interface PresenceSetUp {
  create(clock: Clock): Presence;
  release(): Promise<void>;
}

export function presenceContract(name: string, setUp: () => Promise<PresenceSetUp>): void {
  describe(`presence ${name}`, () => {
    let made: PresenceSetUp;
    let presence: Presence;
    let clock: FakeClock;
    let userId: string;

    beforeAll(async () => {
      made = await setUp();
    });
    beforeEach(() => {
      // Ahead of real time, so that a server's own expiry does not come before that of the test.
      clock = createFakeClock(Date.now() + TTL_MS);
      presence = made.create(clock);
      userId = randomUUID();
    });
    afterAll(() => made.release());

    const set = (connectionId: string, status: Status) =>
      presence.set({ userId, connectionId, status });
    const status = async () => (await presence.statuses([userId])).get(userId) ?? 'offline';

    test('knows nothing of a user who never came', async () => {
      expect(await presence.statuses([userId])).toEqual(new Map());
      expect(await presence.statuses([])).toEqual(new Map());
      expect(await presence.remove(userId, 'a')).toEqual({ before: 'offline', after: 'offline' });
    });

    test('[P2] combines the connections of a user: online before away before offline', async () => {
      expect(await set('a', 'away')).toEqual({ before: 'offline', after: 'away' });
      expect(await set('b', 'online')).toEqual({ before: 'away', after: 'online' });
      expect(await set('c', 'offline')).toEqual({ before: 'online', after: 'online' });
      expect(await set('b', 'away')).toEqual({ before: 'online', after: 'away' });
      expect(await presence.remove(userId, 'a')).toEqual({ before: 'away', after: 'away' });
      expect(await presence.remove(userId, 'b')).toEqual({ before: 'away', after: 'offline' });
      expect(await presence.statuses([userId])).toEqual(new Map());
    });

    test('keeps users apart, and lists those only who are there', async () => {
      const other = randomUUID();
      await set('a', 'online');
      await presence.set({ userId: other, connectionId: 'a', status: 'away' });
      const nobody = randomUUID();
      expect(await presence.statuses([other, nobody, userId])).toEqual(
        new Map<string, Status>([
          [other, 'away'],
          [userId, 'online'],
        ]),
      );
    });

    test('forgets a connection that nobody renews, exactly at the end of its time', async () => {
      await set('a', 'online');
      clock.advance(TTL_MS - 1);
      expect(await status()).toBe('online');
      clock.advance(1);
      expect(await status()).toBe('offline');
      expect(await set('b', 'away')).toEqual({ before: 'offline', after: 'away' });
    });

    test('keeps connections that are renewed, with what they said last', async () => {
      await set('a', 'away');
      await set('b', 'online');
      clock.advance(TTL_MS - 1);
      await presence.renew([{ userId, connectionId: 'a', status: 'away' }]);
      await presence.renew([]);
      clock.advance(1);
      expect(await status()).toBe('away');
      clock.advance(TTL_MS - 1);
      expect(await status()).toBe('offline');
    });

    test('takes back by a renewal whom it had lost', async () => {
      await presence.renew([{ userId, connectionId: 'a', status: 'online' }]);
      expect(await status()).toBe('online');
    });
  });
}
