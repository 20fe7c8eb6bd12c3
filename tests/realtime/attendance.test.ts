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
let storeIsAway: boolean;
/** What only the watchers of this node got. */
let told: Frame[];

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'], now: 0 });
  announced = [];
  seen = [];
  storeIsAway = false;
  presence = createPresence(undefined, clock);
  const bus = createMemoryBus();
  await bus.subscribe((envelope) => {
    announced.push(JSON.parse(envelope.frame) as Frame);
    attendance.heard(envelope);
  });
  const people = {
    staffOf: async () => [agent.userId],
    lastSeen: async (ids: readonly string[]) =>
      new Map(ids.filter((id) => seen.includes(id)).map((id) => [id, '2026-01-01T00:00:00.000Z'])),
    markSeen: async (marks: ReadonlyMap<string, Date>) => {
      if (storeIsAway) throw new Error('PostgreSQL is away');
      seen.push(...marks.keys());
    },
  };
  told = [];
  const hub = {
    at: () => new Set([session()]),
    deliver: ({ frame }: { frame: string }) => void told.push(JSON.parse(frame) as Frame),
  };
  attendance = new Attendance({ presence, bus, people, hub, clock });
  await attendance.start();
});
afterEach(async () => {
  await attendance.stop();
  jest.useRealTimers();
});

const caller = fakeCaller();
const agent = fakeCaller({ staffOf: [BUSINESS] });
const pass = async (ms: number) => {
  await jest.advanceTimersByTimeAsync(ms);
  // What one turn asks leaves at its end; a correction asks several times, one after the other.
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const session = (who = caller) => fakeSession({ caller: who }).session;
const statuses = () =>
  announced.map((frame) => (frame.type === 'status' ? frame.status : frame.type));

describe('attendance', () => {
  test('[P5] people of a node that died are announced and seen last by whoever finds them gone, as is their business', async () => {
    await presence.set({ userId: agent.userId, connectionId: 'of a dead node', status: 'online' });
    await attendance.snapshot([agent.userId], BUSINESS);
    const at = new Date(5_000);
    presence.reap = async () => {
      presence.reap = async () => [];
      await presence.remove(agent.userId, 'of a dead node');
      return [{ userId: agent.userId, at }];
    };
    await pass(10_000);
    expect(announced).toEqual([
      {
        type: 'status',
        userId: agent.userId,
        status: 'offline',
        lastSeenAt: at.toISOString(),
      },
    ]);
    expect(seen).toEqual([agent.userId]);
    expect(told).toEqual([{ type: 'status', businessId: BUSINESS, status: 'offline' }]);
  });

  test('[P3] watchers are told within 20 seconds what was announced to nobody', async () => {
    await attendance.snapshot([agent.userId], BUSINESS);
    await presence.set({ userId: agent.userId, connectionId: 'elsewhere', status: 'away' });
    await pass(20_000);
    expect(told).toEqual([
      { type: 'status', userId: agent.userId, status: 'away', lastSeenAt: null },
      { type: 'status', businessId: BUSINESS, status: 'away' },
    ]);
    await pass(60_000);
    expect(told).toHaveLength(2);
  });

  test('[P3] also when it takes back what they have heard meanwhile, and not when they have heard it', async () => {
    await attendance.snapshot([caller.userId], null);
    await attendance.opened(session());
    await pass(40_000);
    expect(told).toEqual([]);
    await presence.begin([]);
    await pass(20_000);
    expect(told).toMatchObject([{ userId: caller.userId, status: 'offline' }]);
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
    await pass(1_000);
    expect(await attendance.snapshot([caller.userId], null)).toHaveLength(1);
  });

  test('the lease is renewed for as long as the node lives', async () => {
    const renew = jest.spyOn(presence, 'renew');
    await attendance.opened(session());
    await pass(300_000);
    expect(renew).toHaveBeenCalledTimes(30);
    expect((await presence.statuses([caller.userId])).get(caller.userId)).toBe('online');
  });

  test('people of the last node that stops are seen last then, also those whose grace was running', async () => {
    const [open, leaving] = [session(), session(agent)];
    await attendance.opened(open);
    await attendance.opened(leaving);
    attendance.closed(leaving);
    await attendance.stop();
    expect(await presence.statuses([caller.userId, agent.userId])).toEqual(new Map());
    expect(seen.sort()).toEqual([caller.userId, agent.userId].sort());
    expect(announced.filter((frame) => 'status' in frame && frame.status === 'offline')).toEqual(
      [],
    );
  });

  test('somebody who hides is seen last then, and only then', async () => {
    const one = session();
    await attendance.opened(one);
    await attendance.said(one, 'offline');
    expect(announced.at(-1)).toMatchObject({ status: 'offline', lastSeenAt: expect.any(String) });
    attendance.closed(one);
    await pass(10_000);
    expect(seen).toEqual([caller.userId]);
  });

  test('when somebody was seen last is kept until PostgreSQL is back', async () => {
    const one = session();
    await attendance.opened(one);
    storeIsAway = true;
    attendance.closed(one);
    await pass(10_000);
    expect(statuses()).toEqual(['online', 'offline']);
    storeIsAway = false;
    await pass(10_000);
    expect(seen).toEqual([caller.userId]);
  });

  test('with Redis away nobody is told, nothing fails, and afterwards everything is as if it had not been', async () => {
    const [stays, goes] = [session(), session(agent)];
    await attendance.opened(stays);
    await attendance.opened(goes);
    const here = { ...presence };
    const away = async (): Promise<never> => {
      throw new Error('Redis is away');
    };
    for (const name of Object.keys(presence)) Object.assign(presence, { [name]: away });
    announced = [];
    const comes = session(fakeCaller());
    await attendance.opened(comes);
    await attendance.said(stays, 'away');
    attendance.closed(goes);
    await pass(40_000);
    expect(announced).toEqual([]);
    expect(told).toEqual([]);
    Object.assign(presence, here);
    await pass(10_000);
    const ids = [stays, goes, comes].map(({ caller: { userId } }) => userId);
    expect(await presence.statuses(ids)).toEqual(
      new Map([
        [stays.caller.userId, 'away'],
        [comes.caller.userId, 'online'],
      ]),
    );
  });

  test('[P3] who begins to watch while Redis is away is told how things stand once it is back', async () => {
    const { statuses: asked } = presence;
    presence.statuses = async () => {
      throw new Error('Redis is away');
    };
    await expect(attendance.snapshot([caller.userId], BUSINESS)).rejects.toThrow('away');
    presence.statuses = asked;
    await pass(20_000);
    expect(told).toMatchObject([
      { userId: caller.userId, status: 'offline' },
      { businessId: BUSINESS, status: 'offline' },
    ]);
  });

  test('somebody who left while a lease was beginning is not among those of the next', async () => {
    const { begin } = presence;
    let go = () => {};
    presence.renew = async () => false;
    presence.begin = async (beats) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return begin(beats);
    };
    await pass(10_000);
    const one = session();
    void attendance.opened(one);
    one.finish();
    attendance.closed(one);
    await pass(10_000);
    presence.begin = begin;
    go();
    await pass(20_000);
    expect(await presence.statuses([caller.userId])).toEqual(new Map());
  });

  test('a lease that was lost is begun anew with the next renewal', async () => {
    await attendance.opened(session());
    await presence.begin([]);
    const renew = presence.renew;
    presence.renew = async () => {
      presence.renew = renew;
      return false;
    };
    await pass(10_000);
    expect((await presence.statuses([caller.userId])).get(caller.userId)).toBe('online');
  });
});
