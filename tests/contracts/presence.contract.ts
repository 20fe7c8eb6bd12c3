import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Status } from '../../src/protocol/resources/presence.js';
import type { Presence } from '../../src/realtime/presence/index.js';

export interface PresenceSetUp {
  create(): Presence;
  release(): Promise<void>;
}

export function presenceContract(name: string, setUp: () => Promise<PresenceSetUp>): void {
  describe(`presence ${name}`, () => {
    let made: PresenceSetUp;
    let presence: Presence;
    let userId: string;

    beforeAll(async () => {
      made = await setUp();
    });
    beforeEach(async () => {
      presence = made.create();
      await presence.begin([]);
      userId = randomUUID();
    });
    afterAll(() => made.release());

    const beat = (connectionId: string, status: Status) => ({ userId, connectionId, status });
    const set = (connectionId: string, status: Status) => presence.set(beat(connectionId, status));
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

    test('tells each of those who ask at once about their own people', async () => {
      await set('a', 'online');
      const asked = [[userId, randomUUID()], [randomUUID()], []];
      const answers = await Promise.all(asked.map((ids) => presence.statuses(ids)));
      expect(answers).toEqual([new Map([[userId, 'online']]), new Map(), new Map()]);
    });

    test('takes back what was said last of hundreds after it was said', async () => {
      const people = Array.from({ length: 450 }, () => randomUUID());
      const said = people.map((id) => presence.set({ ...beat('a', 'online'), userId: id }));
      const last = people.at(-1) as string;
      const removed = presence.remove(last, 'a');
      const came = people.map(() => ({ before: 'offline', after: 'online' }));
      expect(await Promise.all(said)).toEqual(came);
      expect(await removed).toEqual({ before: 'online', after: 'offline' });
      expect((await presence.statuses(people)).size).toBe(449);
    });

    test('keeps what was said for as long as the lease is renewed', async () => {
      await set('a', 'away');
      expect(await presence.renew()).toBe(true);
      expect(await presence.reap()).toEqual([]);
      expect(await status()).toBe('away');
    });

    test('begun anew it holds the connections that it is told, and no other', async () => {
      const other = randomUUID();
      await set('gone', 'online');
      await presence.set({ userId: other, connectionId: 'gone too', status: 'online' });
      const many = Array.from({ length: 500 }, (_, n) => beat(`c${n}`, 'away'));
      await presence.begin(many);
      await presence.reap();
      expect(await status()).toBe('away');
      expect(await presence.statuses([other])).toEqual(new Map());
      for (const { connectionId } of many) await presence.remove(userId, connectionId);
      expect(await status()).toBe('offline');
    });
  });
}
