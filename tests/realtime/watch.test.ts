import { describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { Hub } from '../../src/realtime/hub.js';
import type { Attendance } from '../../src/realtime/presence/attendance.js';
import { subjects, Watch } from '../../src/realtime/watch.js';
import { fakeSession, fakeSlice } from './fakes.js';

function setUp(snapshot: Attendance['snapshot']) {
  const channels = new Channels({ read: async () => fakeSlice(), cursorAt: String });
  const hub = new Hub(channels, { seen: () => {}, control: () => {} });
  const watch = new Watch(hub, { snapshot } as Attendance);
  const { session } = fakeSession();
  return { hub, watch, session };
}

const slice = fakeSlice({ people: ['a', 'b'], businessId: 'shop' });

describe('watching presence', () => {
  test('[P3] begins before it is told how things stand, so that no change falls between', async () => {
    let watchedThen = 0;
    const { hub, watch, session } = setUp(async () => {
      watchedThen = hub.at(['presence:a', 'presence:b', 'presence:shop']).size;
      return [{ type: 'status', businessId: 'shop', status: 'away' }];
    });
    expect(await watch.open(session, slice)).toEqual([
      { type: 'status', businessId: 'shop', status: 'away' },
    ]);
    expect(watchedThen).toBe(1);
  });

  test('never holds up a conversation: without Redis there is no snapshot', async () => {
    const { watch, session } = setUp(async () => {
      throw new Error('Redis is away');
    });
    expect(await watch.open(session, slice)).toEqual([]);
    expect(session.topics.has('presence:a')).toBe(true);
  });

  test('is of 200 subjects at most: the oldest give way', () => {
    const { hub, watch, session } = setUp(async () => []);
    hub.join(session, 'user:me');
    watch.add(
      session,
      Array.from({ length: 200 }, (_, n) => `p${n}`),
    );
    watch.add(session, ['new']);
    expect(session.topics.size).toBe(201);
    expect(session.topics.has('user:me')).toBe(true);
    expect(session.topics.has('presence:p0')).toBe(false);
    expect(session.topics.has('presence:new')).toBe(true);
  });

  test('a conversation between people has no business to watch', () => {
    expect(subjects(slice)).toEqual(['a', 'b', 'shop']);
    expect(subjects(fakeSlice({ people: ['a'] }))).toEqual(['a']);
  });
});
