import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Frame } from '../../src/protocol/frames.js';
import { createMemoryBus } from '../../src/realtime/bus/memory-bus.js';
import { Attendance } from '../../src/realtime/presence/attendance.js';
import { createPresence, type Presence } from '../../src/realtime/presence/index.js';
import { fakeCaller, fakeSession } from './fakes.js';

const BUSINESS = '6f1c0000-0000-4000-8000-0000000000bb';
const clock = { now: () => Date.now() };
let presence: Presence;
let attendance: Attendance;
let announced: Frame[];
let seen: string[];
/** What only the watchers of this node got. */
let told: Frame[];

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'], now: 0 });
  announced = [];
  seen = [];
  presence = createPresence(undefined, clock);
  const bus = createMemoryBus();
  await bus.subscribe(({ frame }) => announced.push(JSON.parse(frame) as Frame));
  const people = {
    staffOf: async () => [agent.userId],
    lastSeen: async (ids: readonly string[]) =>
      new Map(ids.filter((id) => seen.includes(id)).map((id) => [id, '2026-01-01T00:00:00.000Z'])),
    markSeen: async (id: string) => void seen.push(id),
  };
  told = [];
  const hub = {
    at: () => new Set([session()]),
    deliver: ({ frame }: { frame: string }) => void told.push(JSON.parse(frame) as Frame),
  };
  attendance = new Attendance({ presence, bus, people, hub, clock });
});
afterEach(async () => {
  await attendance.stop();
  jest.useRealTimers();
});

const caller = fakeCaller();
const agent = fakeCaller({ staffOf: [BUSINESS] });
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const session = (who = caller) => fakeSession({ caller: who }).session;
const statuses = () =>
  announced.map((frame) => (frame.type === 'status' ? frame.status : frame.type));

describe('attendance', () => {
  test('[P5] people of a node that died go offline for those who watch them, and so does their business', async () => {
    const beat = {
      userId: agent.userId,
      connectionId: 'of a dead node',
      status: 'online',
    } as const;
    await presence.set(beat);
    const before = await attendance.snapshot([agent.userId], BUSINESS);
    expect(before.map((frame) => frame.type === 'status' && frame.status)).toEqual([
      'online',
      'online',
    ]);
    await pass(40_000);
    expect(told).toEqual([]);
    await pass(40_000);
    expect(told).toEqual([
      { type: 'status', userId: agent.userId, status: 'offline', lastSeenAt: null },
      { type: 'status', businessId: BUSINESS, status: 'offline' },
    ]);
  });

  test('[P5] somebody is offline 10 seconds after their last connection, and seen last then', async () => {
    const [first, second] = [session(), session()];
    await attendance.opened(first);
    await attendance.opened(second);
    attendance.closed(first);
    attendance.closed(second);
    await pass(9_999);
    expect(statuses()).toEqual(['online']);
    await pass(1);
    expect(announced.at(-1)).toEqual({
      type: 'status',
      userId: caller.userId,
      status: 'offline',
      lastSeenAt: new Date(10_000).toISOString(),
    });
    expect(seen).toEqual([caller.userId]);
  });

  test('[P5] a page that is loaded again is not somebody who left', async () => {
    const before = session();
    await attendance.opened(before);
    attendance.closed(before);
    await pass(5_000);
    await attendance.opened(session());
    await pass(20_000);
    expect(statuses()).toEqual(['online']);
    expect(seen).toEqual([]);
  });

  test('[P2] what a client says of itself is passed on even when it changes nothing', async () => {
    const one = session();
    await attendance.opened(one);
    await attendance.said(one, 'away');
    await attendance.said(one, 'away');
    expect(statuses()).toEqual(['online', 'away', 'away']);
  });

  test('[P4] a business is there while any of its staff are', async () => {
    expect(await attendance.availability(BUSINESS)).toBe('offline');
    const one = session(agent);
    await attendance.opened(one);
    expect(announced.at(-1)).toEqual({ type: 'status', businessId: BUSINESS, status: 'online' });
    expect(await attendance.availability(BUSINESS)).toBe('online');
    attendance.closed(one);
    await pass(10_000);
    expect(announced.at(-1)).toEqual({ type: 'status', businessId: BUSINESS, status: 'offline' });
  });

  test('[P3] a snapshot says of everybody how things stand, or when they were seen last', async () => {
    seen.push(caller.userId);
    await attendance.opened(session(agent));
    const frames = await attendance.snapshot([caller.userId, agent.userId], BUSINESS);
    expect(frames).toEqual([
      {
        type: 'status',
        userId: caller.userId,
        status: 'offline',
        lastSeenAt: '2026-01-01T00:00:00.000Z',
      },
      { type: 'status', userId: agent.userId, status: 'online', lastSeenAt: null },
      { type: 'status', businessId: BUSINESS, status: 'online' },
    ]);
    expect(await attendance.snapshot([caller.userId], null)).toHaveLength(1);
  });

  test('connections are renewed for as long as they last', async () => {
    await attendance.opened(session());
    await pass(300_000);
    expect((await presence.statuses([caller.userId])).get(caller.userId)).toBe('online');
  });

  test('people of a node that stops leave at once, also those whose grace was running', async () => {
    const [open, leaving] = [session(), session(agent)];
    await attendance.opened(open);
    await attendance.opened(leaving);
    attendance.closed(leaving);
    await attendance.stop();
    expect(await presence.statuses([caller.userId, agent.userId])).toEqual(new Map());
    expect(seen).toEqual([agent.userId]);
  });

  test('with Redis away nobody is told, and nothing fails', async () => {
    const away = async (): Promise<never> => {
      throw new Error('Redis is away');
    };
    Object.assign(presence, { set: away, remove: away, renew: away });
    const one = session();
    await attendance.opened(one);
    await attendance.said(one, 'away');
    attendance.closed(one);
    await pass(40_000);
    expect(announced).toEqual([]);
  });
});
