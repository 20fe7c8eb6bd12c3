import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/platform/errors.js';
import type { ErrorCode } from '../../src/protocol/errors.js';
import { Channels } from '../../src/realtime/channel.js';
import { Hub } from '../../src/realtime/hub.js';
import type { Opening } from '../../src/realtime/opening.js';
import type { Attendance } from '../../src/realtime/presence/attendance.js';
import type { Pulse } from '../../src/realtime/pulse.js';
import type { Receiver } from '../../src/realtime/receive.js';
import type { Session } from '../../src/realtime/session.js';
import { Sessions } from '../../src/realtime/sessions.js';
import { createFakeClock } from '../support/clock.js';
import { silent } from '../support/log.js';
import { FakeLink, fakeCaller, fakeSlice, turn } from './fakes.js';

interface SetUp {
  /** What happens between the upgrade and `ready`. */
  readonly open?: (session: Session) => Promise<void>;
  readonly text?: Receiver['text'];
}

function setUp({ open = async (session) => session.goLive(), text }: SetUp = {}) {
  const channels = new Channels({ read: async () => fakeSlice(), cursorAt: String });
  const hub = new Hub(channels, { seen: () => {}, control: () => {} });
  const clock = createFakeClock();
  const handled: string[] = [];
  const sessions = new Sessions({
    hub,
    channels,
    clock,
    log: silent,
    connectionsPerUser: 2,
    pulse: { add: () => {} } as unknown as Pulse,
    rights: { admitted: () => {} },
    attendance: { closed: () => {} } as unknown as Attendance,
    opening: {
      open: (session: Session) => {
        hub.add(session);
        return open(session);
      },
    } as unknown as Opening,
    receiver: {
      text: text ?? (async (raw) => void handled.push(raw) as undefined),
      value: async () => undefined,
    },
  });
  const link = new FakeLink();
  const caller = fakeCaller();
  const enter = (as = caller, to = new FakeLink()) => {
    sessions.open({ caller: as, conversationId: null, after: null }, to);
    return to;
  };
  const session = sessions.open({ caller, conversationId: null, after: null }, link);
  return { sessions, session, link, hub, clock, handled, enter };
}

const never = () => new Promise<never>(() => {});

describe('the sessions of a node', () => {
  test('[E7] a peer that sends more than 64 frames before `ready` is closed with 1008', async () => {
    const { sessions, session, link, handled } = setUp({ open: never });
    for (let n = 0; n < 64; n++) sessions.receive(session, `${n}`);
    expect(link.closedWith).toBeNull();
    sessions.receive(session, '64');
    await turn();
    expect(link.closedWith).toBe(1008);
    expect(handled).toEqual([]);
  });

  test('[E7] later a burst is served in its order, and one of more than 256 is closed with 4429', async () => {
    const { sessions, session, link, handled } = setUp();
    await turn();
    const burst = Array.from({ length: 256 }, (_, n) => `${n}`);
    for (const raw of burst) sessions.receive(session, raw);
    await turn();
    expect(handled).toEqual(burst);
    expect(link.closedWith).toBeNull();
    for (let n = 0; n < 257; n++) sessions.receive(session, `${n}`);
    expect(link.closedWith).toBe(4429);
  });

  test('[S5] a frame is handled when the one before it has its place', async () => {
    const settle: (() => void)[] = [];
    const { sessions, session } = setUp({
      text: () => new Promise((resolve) => settle.push(() => resolve(undefined))),
    });
    sessions.receive(session, 'first');
    sessions.receive(session, 'second');
    await turn();
    expect(settle).toHaveLength(1);
    settle[0]?.();
    await turn();
    expect(settle).toHaveLength(2);
  });

  test('[S5] also after a pause, in which nothing is kept of what came before', async () => {
    const { sessions, session, handled } = setUp();
    await turn();
    expect(session.inbound).toBeNull();
    for (const raw of ['first', 'second']) sessions.receive(session, raw);
    await turn();
    expect(session.inbound).toBeNull();
    for (const raw of ['third', 'fourth']) sessions.receive(session, raw);
    await turn();
    expect(handled).toEqual(['first', 'second', 'third', 'fourth']);
  });

  test('what waits when a session ends is not handled any more', async () => {
    const { sessions, session, handled } = setUp();
    sessions.receive(session, 'too late');
    session.end(4403);
    sessions.receive(session, 'later still');
    await turn();
    expect(handled).toEqual([]);
  });

  test('[E2] bad frames count for a minute', async () => {
    const bad = { type: 'error', code: 'bad_frame', message: '', retryable: false } as const;
    const { sessions, session, link, clock } = setUp({
      text: async (_raw, { reply }) => void reply(bad) as undefined,
    });
    const twice = async () => {
      for (let n = 0; n < 2; n++) sessions.receive(session, '?');
      await turn();
    };
    await twice();
    clock.advance(60_000);
    await twice();
    expect(link.closedWith).toBeNull();
    sessions.receive(session, '?');
    await turn();
    expect(link.closedWith).toBe(4400);
  });

  test('[E10] refused 200 times within 10 seconds for sending too fast, a peer is closed with 4429', async () => {
    const tooFast = { type: 'error', code: 'rate_limited', message: '', retryable: true } as const;
    const { sessions, session, link, clock } = setUp({
      text: async (_raw, { reply }) => void reply(tooFast) as undefined,
    });
    const send = async (times: number) => {
      for (let n = 0; n < times; n++) sessions.receive(session, '!');
      await turn();
    };
    await send(199);
    clock.advance(10_000);
    await send(199);
    expect(link.closedWith).toBeNull();
    await send(1);
    expect(link.closedWith).toBe(4429);
  });

  test('[E11] of a user with one connection too many the oldest is closed with 4409', async () => {
    const { link: first, enter, hub } = setUp();
    const second = enter();
    const somebodyElse = enter(fakeCaller());
    expect(first.closedWith).toBeNull();
    const third = enter();
    await turn();
    expect([first, second, third, somebodyElse].map(({ closedWith }) => closedWith)).toEqual([
      4409,
      null,
      null,
      null,
    ]);
    expect(hub.sessions.size).toBe(3);
    enter();
    expect([second, third].map(({ closedWith }) => closedWith)).toEqual([4409, null]);
  });

  test('a connection that ended counts no more', () => {
    const { session, enter } = setUp();
    const second = enter();
    session.finish();
    enter();
    expect(second.closedWith).toBeNull();
  });

  test.each([
    ['unavailable', 1013],
    ['overloaded', 1013],
    ['not_found', 4410],
    ['bad_cursor', 4400],
    ['internal', 1011],
  ] as const)(
    'one that cannot be opened for %s is told why and closed with %i',
    async (code, closedWith) => {
      const open = async () => {
        throw new AppError(code satisfies ErrorCode, 'why');
      };
      const { link, hub } = setUp({ open });
      await turn();
      expect(link.frames).toMatchObject([{ type: 'error', code, message: 'why' }]);
      expect(link.closedWith).toBe(closedWith);
      expect(hub.sessions.size).toBe(0);
    },
  );
});
