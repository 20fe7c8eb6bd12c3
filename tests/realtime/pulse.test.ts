import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FrameOf } from '../../src/protocol/frames.js';
import { Channels } from '../../src/realtime/channel.js';
import { decodeCursor } from '../../src/realtime/cursor.js';
import { Hub } from '../../src/realtime/hub.js';
import { Pulse } from '../../src/realtime/pulse.js';
import type { Sweep } from '../../src/realtime/sweep.js';
import { createFakeClock } from '../support/clock.js';
import {
  FakeLink,
  type FakeSessionOptions,
  fakeCaller,
  fakeSession,
  fakeSlice,
  turn,
} from './fakes.js';

const clock = createFakeClock();
const sweep = { epoch: 'e', sweptUntil: 77 } as Sweep;
let hub: Hub;
let pulse: Pulse;

beforeEach(() => {
  const channels = new Channels({ read: async () => fakeSlice(), cursorAt: String });
  hub = new Hub(channels, { seen: () => {}, control: () => {} });
  pulse = new Pulse(hub, sweep, clock);
});
afterEach(() => pulse.stop());

function add(options: FakeSessionOptions = {}) {
  const one = fakeSession(options);
  one.session.onEnd = () => hub.remove(one.session);
  hub.add(one.session);
  pulse.add(one.session);
  return one;
}

/** One second passes for everybody. */
async function second(): Promise<void> {
  clock.advance(1_000);
  pulse.turn();
  await turn();
}

async function seconds(count: number, each: () => void = () => {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    await second();
    each();
  }
}

const pings = ({ frames }: FakeLink) =>
  frames.filter((frame): frame is FrameOf<'ping'> => frame.type === 'ping');

describe('the pulse', () => {
  test('[H1] every session is pinged once in 25 seconds', async () => {
    const { session, link } = add();
    await seconds(25, () => {
      session.heardAt = clock.now();
    });
    expect(pings(link)).toHaveLength(1);
    await seconds(50, () => {
      session.heardAt = clock.now();
    });
    expect(pings(link)).toHaveLength(3);
    expect(session.isOpen).toBe(true);
  });

  test('[H1] a peer that is silent for 10 seconds after a ping is closed with 4408', async () => {
    const { link } = add();
    let pingedAt = 0;
    let closedAt = 0;
    await seconds(36, () => {
      if (pings(link).length > 0) pingedAt ||= clock.now();
      if (link.closedWith !== null) closedAt ||= clock.now();
    });
    expect(link.closedWith).toBe(4408);
    expect(closedAt - pingedAt).toBe(10_000);
    expect(hub.sessions.size).toBe(0);
  });

  test('[H1] whenever a peer falls silent, it is known within 36 seconds', async () => {
    const { session, link } = add();
    for (let lived = 0; lived < 25; lived++)
      await seconds(1, () => (session.heardAt = clock.now()));
    const silentSince = clock.now();
    let closedAt = 0;
    await seconds(40, () => {
      if (link.closedWith !== null) closedAt ||= clock.now();
    });
    expect(closedAt).toBeGreaterThan(silentSince);
    expect(closedAt - silentSince).toBeLessThanOrEqual(36_000);
  });

  test('[E8] a peer that owes something and takes nothing for 15 seconds is closed with 4450', async () => {
    const { session, link } = add();
    let passed = 0;
    link.backlog = 1;
    await seconds(22, () => {
      session.heardAt = clock.now();
      if (link.closedWith === null) passed += 1;
    });
    expect(link.closedWith).toBe(4450);
    expect(passed).toBeGreaterThanOrEqual(15);
    expect(passed).toBeLessThan(21);
  });

  test('[E8] a peer that takes a little now and then is left alone, as is one that owes nothing', async () => {
    const [slow, idle] = [add(), add()];
    slow.link.backlog = 1_000;
    await seconds(90, () => {
      for (const { session } of [slow, idle]) session.heardAt = clock.now();
      if (clock.now() % 10_000 === 0) slow.link.taken += 1;
    });
    expect([slow, idle].map(({ link }) => link.closedWith)).toEqual([null, null]);
  });

  test('[H7] a stream cannot answer: it is never judged, and never silent for more than 15 seconds', async () => {
    const { session, link } = add({ link: new FakeLink(false) });
    let silence = 0;
    let longest = 0;
    let beats = 0;
    await seconds(25);
    await seconds(100, () => {
      silence = link.beats > beats ? 0 : silence + 1;
      longest = Math.max(longest, silence);
      beats = link.beats;
    });
    expect(longest).toBeLessThan(15);
    expect(session.isOpen).toBe(true);
  });

  test('[L2] [H3] a poll is not pinged, but hears that its token ends', async () => {
    const link = Object.assign(new FakeLink(false), { isBrief: true as const });
    add({ link, caller: fakeCaller({ expiresAt: clock.now() + 40_000 }) });
    await seconds(25);
    expect(link.frames).toMatchObject([{ type: 'auth', expiring: true }]);
  });

  test('[H2] a user session is told where it could resume, and a conversation session needs no such thing', async () => {
    const user = add();
    user.session.userPosition = 5;
    const conversation = add({ conversationId: 'x' });
    await seconds(25);
    expect(decodeCursor(pings(user.link)[0]?.cursor ?? '')).toEqual({
      kind: 'user',
      epoch: 'e',
      position: 5,
      checkedAt: 77,
    });
    expect(pings(conversation.link)[0]).toEqual({ type: 'ping', heads: [] });
  });

  test('[H3] the end of a token is announced once, within its last minute', async () => {
    const expiresAt = clock.now() + 120_000;
    const { session, link } = add({ caller: fakeCaller({ expiresAt }) });
    const announced: number[] = [];
    await seconds(120, () => {
      session.heardAt = clock.now();
      const count = link.frames.filter(({ type }) => type === 'auth').length;
      if (count > announced.length) announced.push(expiresAt - clock.now());
    });
    expect(announced).toHaveLength(1);
    expect(announced[0]).toBeLessThanOrEqual(60_000);
    expect(announced[0]).toBeGreaterThan(0);
    expect(link.frames.find(({ type }) => type === 'auth')).toEqual({
      type: 'auth',
      expiresAt: new Date(expiresAt).toISOString(),
      expiring: true,
    });
  });

  test.each([
    ['announced in the middle of a life of 40 seconds', 40_000, 20_000],
    ['announced within 5 seconds even when it lives no longer', 6_000, 3_000],
  ])('[H3] the end of a short token is %s', async (_how, life, left) => {
    const expiresAt = clock.now() + life;
    const { session, link } = add({ caller: fakeCaller({ expiresAt }) });
    let announcedAt = 0;
    await seconds(life / 1_000 + 5, () => {
      session.heardAt = clock.now();
      if (link.frames.some(({ type }) => type === 'auth')) announcedAt ||= clock.now();
    });
    expect(announcedAt).toBeGreaterThanOrEqual(expiresAt - left);
    expect(announcedAt).toBeLessThanOrEqual(expiresAt - left + 5_000);
  });

  test('[H3] a renewed token is announced in its turn', async () => {
    const { session, link } = add({ caller: fakeCaller({ expiresAt: clock.now() + 20_000 }) });
    const announced = () => link.frames.filter(({ type }) => type === 'auth').length;
    const hear = () => {
      session.heardAt = clock.now();
    };
    await seconds(19, hear);
    session.caller = fakeCaller({ expiresAt: clock.now() + 120_000 });
    pulse.renewed(session);
    await seconds(50, hear);
    expect(announced()).toBe(1);
    await seconds(20, hear);
    expect(announced()).toBe(2);
    expect(session.isOpen).toBe(true);
  });

  test('[H4] a session whose token ended is closed with 4401 within 30 seconds', async () => {
    const expiresAt = clock.now() + 40_000;
    const { session, link } = add({ caller: fakeCaller({ expiresAt }) });
    const hear = () => {
      session.heardAt = clock.now();
    };
    await seconds(60, hear);
    expect(link.closedWith).toBeNull();
    await seconds(10, hear);
    expect(link.closedWith).toBe(4401);
  });

  test('a session that ended is forgotten', async () => {
    const { session, link } = add();
    session.finish();
    await seconds(30);
    expect(link.frames).toEqual([]);
  });
});
