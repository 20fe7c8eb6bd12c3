import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { Hub } from '../../src/realtime/hub.js';
import type { ChangedConversation, ConversationLog, UserLog } from '../../src/realtime/log.js';
import { Sweep } from '../../src/realtime/sweep.js';
import { silent } from '../support/log.js';
import { CONVERSATION, fakeMessage, fakeSession, fakeSlice, turn } from './fakes.js';

interface FakeDatabase {
  now: number;
  epoch: string;
  written: number;
  changed: (ChangedConversation & { changedAt: number })[];
  own: Awaited<ReturnType<UserLog['read']>>;
  fails: boolean;
}

let database: FakeDatabase;
let asked: { since: number; until: number }[];
let pages: number;
let users: UserLog;
let read: number[];
let epochChanges: number;
let channels: Channels;
let hub: Hub;
let sweep: Sweep;

beforeEach(async () => {
  database = {
    now: 100_000,
    epoch: 'first',
    written: 1_000,
    changed: [],
    own: { head: 0, memberships: [] },
    fails: false,
  };
  asked = [];
  pages = 0;
  users = {
    read: async () => database.own,
    ahead: async (positions) =>
      positions.filter(({ position }) => position < database.own.head).map(({ userId }) => userId),
  };
  read = [];
  epochChanges = 0;
  const log: ConversationLog = {
    read: async () => null,
    changedFor: async () => [],
    changed: async (after, until, limit) => {
      if (after.id === null) asked.push({ since: after.changedAt, until });
      if (database.fails) throw new Error('The database is away');
      pages += 1;
      const begin = database.changed.findIndex(({ id }) => id === after.id) + 1;
      return database.changed.slice(begin, begin + limit);
    },
    addressed: async (heads) =>
      database.changed.filter(({ id }) => heads.some((head) => head.id === id)),
    moment: async () => {
      const { epoch, now, written } = database;
      return { epoch, now, written };
    },
    beginHistory: async (epoch) => {
      database.epoch = `${epoch}-again`;
      return database.epoch;
    },
  };
  channels = new Channels({
    read: async (_id, after) => {
      read.push(after);
      return fakeSlice({ head: 3, frames: [fakeMessage(3)] });
    },
    cursorAt: String,
  });
  sweep = new Sweep({
    log,
    users,
    channels,
    logger: silent,
    intervals: { sweepMs: 60_000, degradedSweepMs: 5 },
    onEpochChange: () => epochChanges++,
  });
  hub = new Hub(channels, {
    seen: (id, changeSeq) => sweep.heard(id, changeSeq),
    control: () => {},
  });
  await sweep.start(hub);
});

afterEach(() => sweep.stop());

const changed = (lastSeq: number) => {
  database.changed = [{ id: CONVERSATION, lastSeq, topics: ['user:a'], changedAt: 1 }];
};

const head = (n: number) => ({
  id: `6f1c0000-0000-4000-8000-${`${n}`.padStart(12, '0')}`,
  lastSeq: 7,
  topics: ['user:a' as const],
  changedAt: n,
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

function watching() {
  const one = fakeSession();
  hub.add(one.session);
  hub.join(one.session, 'user:a');
  return one.link;
}

describe('the sweep', () => {
  test('looks again at what a long transaction may have committed late, and not at what is still on its way', async () => {
    database.now = 105_000;
    await sweep.run();
    database.now = 110_000;
    await sweep.run();
    expect(asked).toEqual([
      { since: 90_000, until: 104_500 },
      { since: 94_500, until: 109_500 },
    ]);
    expect(sweep.sweptUntil).toBe(109_500);
  });

  test('[O3] tells user sessions once of a head that nobody had announced', async () => {
    const link = watching();
    changed(3);
    await sweep.run();
    await sweep.run();
    await turn();
    expect(link.frames).toEqual([{ type: 'ping', heads: [{ id: CONVERSATION, lastSeq: 3 }] }]);
  });

  test('[O3] lets the channel of an open conversation read what is missing', async () => {
    const { session, link } = fakeSession({ conversationId: CONVERSATION });
    channels.join(session, CONVERSATION).start(session, 2);
    changed(3);
    await sweep.run();
    await turn();
    expect(read).toEqual([2]);
    expect(link.frames.map(({ type }) => type)).toEqual(['replay', 'message', 'replay']);
  });

  test('costs nothing for what was heard of', async () => {
    const link = watching();
    const frame = JSON.stringify(fakeMessage(3));
    hub.deliver({ topics: ['user:a'], conversationId: CONVERSATION, changeSeq: 3, frame });
    sweep.heard(CONVERSATION, 1);
    changed(3);
    await sweep.run();
    await turn();
    expect(link.frames.map(({ type }) => type)).toEqual(['message']);
  });

  test('[O3] tells a session of everything at once, and says so when there is more than it lists', async () => {
    const link = watching();
    database.changed = Array.from({ length: 201 }, (_, n) => head(n));
    await sweep.run();
    await turn();
    const listed = database.changed.slice(0, 200).map(({ id, lastSeq }) => ({ id, lastSeq }));
    expect(link.frames).toEqual([{ type: 'ping', heads: listed, more: true }]);
  });

  test('reads what an outage left behind page by page', async () => {
    database.changed = Array.from({ length: 2_500 }, (_, n) => head(n));
    channels.join(fakeSession({ conversationId: head(2_499).id }).session, head(2_499).id);
    const reached = channels.get(head(2_499).id);
    const heads: number[] = [];
    if (reached) reached.reach = (lastSeq) => heads.push(lastSeq);
    await sweep.run();
    expect([pages, heads]).toEqual([3, [7]]);
  });

  test('says nothing to a session before its `ready`', async () => {
    const { session, link } = fakeSession({ opening: true });
    hub.add(session);
    hub.join(session, 'user:a');
    changed(3);
    await sweep.run();
    await turn();
    expect(link.frames).toEqual([]);
    session.goLive();
    await turn();
    expect(link.frames.map(({ type }) => type)).toEqual(['ping']);
  });

  test('[U1] brings a session what its user’s own stream has more than it', async () => {
    const { session, link } = fakeSession();
    hub.add(session);
    session.userPosition = 4;
    const membership = { conversationId: CONVERSATION, userSeq: 6, readSeq: 3, unread: 0 };
    database.own = { head: 6, memberships: [membership] };
    await sweep.run();
    await sweep.run();
    await turn();
    expect(link.frames).toEqual([
      { type: 'replay', from: 4, to: 6, done: false },
      { type: 'membership', ...membership },
      { type: 'replay', from: 4, to: 6, done: true },
    ]);
    expect(session.userPosition).toBe(6);
  });

  test('[U1] leaves alone what a hint brings while it looks', async () => {
    const { session, link } = fakeSession();
    hub.add(session);
    session.userPosition = 4;
    database.own = { head: 5, memberships: [] };
    const { ahead } = users;
    users.ahead = async (positions) => {
      const behind = await ahead(positions);
      hub.join(session, 'user:a');
      hub.deliver({ topics: ['user:a'], changeSeq: 5, frame: '{"type":"membership"}' });
      return behind;
    };
    await sweep.run();
    await turn();
    expect(link.frames).toEqual([{ type: 'membership' }]);
  });

  test('in doubt sweeps at once, again and again, and waits for no hint; without it goes back to its pace', async () => {
    sweep.doubt('bus down', true);
    expect(sweep.degraded).toBe('bus down');
    await until(() => asked.length >= 3);
    expect(asked.every(({ until }) => until > database.now)).toBe(true);
    sweep.doubt('bus down', false);
    expect(sweep.degraded).toBeUndefined();
    await sweep.run();
    const count = asked.length;
    expect(asked.at(-1)?.until).toBeGreaterThan(database.now);
    await sweep.run();
    expect(asked.length).toBe(count + 1);
    expect(asked.at(-1)?.until).toBe(database.now - 500);
  });

  test('that fails leaves its interval to the next', async () => {
    database.now = 105_000;
    database.fails = true;
    await sweep.run();
    expect(sweep.sweptUntil).toBe(100_000);
    database.fails = false;
    await sweep.run();
    expect(sweep.sweptUntil).toBe(104_500);
  });

  test('[R4] ends every position when the database is another one, and looks at everything anew', async () => {
    const link = watching();
    changed(3);
    await sweep.run();
    database.epoch = 'second';
    await sweep.run();
    await sweep.run();
    await turn();
    expect([epochChanges, sweep.epoch]).toEqual([1, 'second']);
    expect(link.frames).toHaveLength(2);
  });

  test('[R4] begins another history when the database has gone back in time', async () => {
    database.written = 2_000;
    await sweep.run();
    database.written = 1_500;
    await sweep.run();
    await sweep.run();
    expect([epochChanges, sweep.epoch]).toEqual([1, 'first-again']);
  });

  test('is over when it is stopped', async () => {
    const running = sweep.run();
    await sweep.stop();
    await running;
    expect(asked).toHaveLength(1);
  });
});
