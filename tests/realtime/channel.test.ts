import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { DurableFrame, Frame } from '../../src/protocol/frames.js';
import { Channel, Channels } from '../../src/realtime/channel.js';
import { encode } from '../../src/realtime/encoded.js';
import type { LogSlice } from '../../src/realtime/log.js';
import type { Session } from '../../src/realtime/session.js';
import {
  CONVERSATION,
  durable,
  type FakeLink,
  fakeMessage,
  fakeSession,
  fakeSlice,
  turn,
} from './fakes.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
  await turn();
}

/** The conversation as PostgreSQL has it. */
class Log {
  readonly rows = new Map<number, DurableFrame>();
  readonly changes: DurableFrame[] = [];
  readonly readsFrom: number[] = [];
  fails = false;
  /** How long a reading is on its way back, after its snapshot was taken. */
  readMs = 0;

  get head(): number {
    return this.changes.length;
  }

  /** A new message, or an edit of an earlier one. */
  commit(edited = 0): DurableFrame {
    const changeSeq = this.head + 1;
    const frame = fakeMessage(changeSeq, this.rows.has(edited) ? edited : changeSeq);
    this.rows.set(frame.seq, frame);
    this.changes.push(frame);
    return frame;
  }

  slice(after: number): LogSlice {
    const newer = [...this.rows].filter(([, { changeSeq }]) => changeSeq > after);
    const frames = newer.sort(([a], [b]) => a - b).map(([, frame]) => frame);
    return fakeSlice({ head: this.head, frames });
  }

  read = async (_id: string, after: number): Promise<LogSlice> => {
    this.readsFrom.push(after);
    const { fails } = this;
    const slice = this.slice(after);
    if (this.readMs > 0) await new Promise((resolve) => setTimeout(resolve, this.readMs));
    if (fails) throw new Error('The database is away');
    return slice;
  };
}

const cursorAt = (position: number) => `at-${position}`;
const channelOver = (log: Log) => new Channel(CONVERSATION, { read: log.read, cursorAt });

function joined(channel: Channel, position: number): { session: Session; link: FakeLink } {
  const member = fakeSession({ conversationId: CONVERSATION });
  channel.join(member.session);
  channel.start(member.session, position);
  return member;
}

const deliver = (channel: Channel, frame: DurableFrame) =>
  channel.deliver(durable(frame), frame.changeSeq);

const told = ({ frames }: FakeLink) =>
  frames.map((frame) =>
    frame.type === 'replay'
      ? `${frame.done ? ']' : '['}${frame.from}-${frame.to}`
      : (frame as DurableFrame).changeSeq,
  );

describe('the channel of a conversation', () => {
  test('[O1] a frame that came twice goes out once, and one that came early waits for those before it', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const { link } = joined(channel, 0);
    const [one, two, three] = [log.commit(), log.commit(), log.commit()];
    deliver(channel, two);
    deliver(channel, three);
    await pass(99);
    expect(told(link)).toEqual([]);
    deliver(channel, one);
    deliver(channel, two);
    await pass(1_000);
    expect(told(link)).toEqual([1, 2, 3]);
    expect(log.readsFrom).toEqual([]);
  });

  test('[O2] what has not come after 100 ms is read once for all members, in brackets', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const links = [joined(channel, 0), joined(channel, 0)].map(({ link }) => link);
    log.commit();
    deliver(channel, log.commit());
    await pass(100);
    for (const link of links) expect(told(link)).toEqual(['[0-2', 1, 2, ']0-2']);
    expect(log.readsFrom).toEqual([0]);
    deliver(channel, log.commit());
    await pass(0);
    for (const link of links) expect(told(link).at(-1)).toBe(3);
  });

  test('[O1] a crowd is served in slices, and who joins or leaves meanwhile neither misses nor gets too much', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const crowd = Array.from({ length: 600 }, () => joined(channel, 0));
    const frames = [log.commit(), log.commit(), log.commit()] as const;
    deliver(channel, frames[0]);
    deliver(channel, frames[1]);
    await turn();
    expect(crowd.filter(({ link }) => told(link).length > 0)).toHaveLength(250);
    const late = joined(channel, 2);
    const gone = crowd.pop() as (typeof crowd)[number];
    channel.leave(gone.session);
    deliver(channel, frames[2]);
    for (let turns = 0; turns < 20; turns++) await new Promise((next) => setImmediate(next));
    for (const { link } of crowd) expect(told(link)).toEqual([1, 2, 3]);
    expect(told(late.link)).toEqual([3]);
    expect(told(gone.link)).toEqual([1, 2]);
  });

  test('[P6] a reading brings the receipts as well, for those that were lost with the rest', async () => {
    const log = new Log();
    const receipt = { conversationId: CONVERSATION, userId: 'u', deliveredSeq: 1, readSeq: 1 };
    const read = async (_id: string, after: number) => ({
      ...log.slice(after),
      receipts: [receipt],
    });
    const channel = new Channel(CONVERSATION, { read, cursorAt: String });
    const { link } = joined(channel, 0);
    log.commit();
    channel.reach(1);
    await pass(0);
    expect(link.frames.map(({ type }) => type)).toEqual(['replay', 'message', 'receipt', 'replay']);
    expect(link.frames).toContainEqual({ type: 'receipt', ...receipt });
  });

  test('a reading that fails is tried again, also when nothing more is heard', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const { link } = joined(channel, 0);
    log.commit();
    log.fails = true;
    channel.reach(1);
    await pass(900);
    expect(told(link)).toEqual([]);
    log.fails = false;
    await pass(200);
    expect(told(link)).toEqual(['[0-1', 1, ']0-1']);
  });

  test('[O3] a head that is announced while an older snapshot is being read is read again', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const { link } = joined(channel, 0);
    log.commit();
    log.readMs = 500;
    channel.reach(1);
    await pass(100);
    log.commit();
    channel.reach(2);
    await pass(2_000);
    expect(told(link)).toEqual(['[0-1', 1, ']0-1', '[1-2', 2, ']1-2']);
  });

  test('a hole behind a slow reading that had nothing new is not forgotten', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const { link } = joined(channel, 0);
    const one = log.commit();
    log.readMs = 500;
    channel.reach(1);
    await pass(0);
    deliver(channel, one);
    log.commit();
    deliver(channel, log.commit());
    await pass(2_000);
    expect(told(link)).toEqual([1, '[1-3', 2, 3, ']1-3']);
  });

  test('a member that read further than the others have got does not take their frames away', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const first = joined(channel, 0);
    const [one, two] = [log.commit(), log.commit()];
    const second = joined(channel, 2);
    deliver(channel, one);
    deliver(channel, two);
    deliver(channel, log.commit());
    await pass(1_000);
    expect(told(first.link)).toEqual([1, 2, 3]);
    expect(told(second.link)).toEqual([3]);
  });

  test('what nobody announced before a further member came is read for the others', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const first = joined(channel, 0);
    log.commit();
    const second = joined(channel, 1);
    await pass(100);
    expect(told(first.link)).toEqual(['[0-1', 1, ']0-1']);
    expect(told(second.link)).toEqual([]);
  });

  test('a member whose reading is older than where the channel began is brought up', async () => {
    const log = new Log();
    const channel = channelOver(log);
    const slow = fakeSession();
    channel.join(slow.session);
    log.commit();
    const quick = joined(channel, 1);
    channel.start(slow.session, 0);
    await pass(100);
    expect(told(slow.link)).toEqual(['[0-1', 1, ']0-1']);
    expect(told(quick.link)).toEqual([]);
  });

  test('[C7] what passes while a member reads its catch-up comes after it, and nothing of it twice', async () => {
    const log = new Log();
    const channel = channelOver(log);
    joined(channel, 0);
    const { session, link } = fakeSession();
    channel.join(session);
    deliver(channel, log.commit());
    deliver(channel, log.commit());
    expect([...channel.present()]).not.toContain(session);
    await pass(0);
    expect(told(link)).toEqual([]);
    channel.start(session, 1);
    await pass(0);
    expect(told(link)).toEqual([2]);
    expect([...channel.present()]).toContain(session);
  });

  test('a live frame carries a resume point, and so does the end of a catch-up', async () => {
    const log = new Log();
    const channel = channelOver(log);
    joined(channel, 0);
    const one = durable(log.commit());
    channel.deliver(one, 1);
    expect(one.sse(true)).toContain('id: at-1\n');
    expect(one.sse(false)).not.toContain('id:');
  });

  test('members of a conversation that is gone are told so, and those too far behind have to come back', async () => {
    const answers: (LogSlice | null)[] = [
      null,
      fakeSlice({ head: 5_000, overflow: true }),
      fakeSlice({ head: 0 }),
    ];
    const codes = [];
    for (const answer of answers) {
      const channel = new Channel(CONVERSATION, { read: async () => answer, cursorAt });
      const { link } = joined(channel, 3);
      channel.reach(4);
      await pass(0);
      codes.push(link.closedWith);
    }
    expect(codes).toEqual([4410, 4451, 4451]);
  });

  test('nothing is read for nobody', async () => {
    const log = new Log();
    const channels = new Channels({ read: log.read, cursorAt });
    const { session } = fakeSession();
    const channel = channels.join(session, CONVERSATION);
    channel.start(session, 0);
    channel.deliver(encode(fakeMessage(5)), 5);
    channels.leave(session, CONVERSATION);
    expect(channels.get(CONVERSATION)).toBeUndefined();
    await pass(5_000);
    expect(log.readsFrom).toEqual([]);
    channels.leave(session, CONVERSATION);
  });

  test('a catch-up that could not be read leaves a live member where it was, and removes one that was nowhere', async () => {
    const log = new Log();
    const channels = new Channels({ read: log.read, cursorAt });
    const live = fakeSession();
    const channel = channels.join(live.session, CONVERSATION);
    channel.start(live.session, 0);
    deliver(channel, log.commit());
    channels.join(live.session, CONVERSATION);
    deliver(channel, log.commit());
    channels.resume(live.session, CONVERSATION);
    const fresh = fakeSession();
    channels.join(fresh.session, CONVERSATION);
    channels.resume(fresh.session, CONVERSATION);
    deliver(channel, log.commit());
    await pass(0);
    expect(told(live.link)).toEqual([1, 2, 3]);
    expect(told(fresh.link)).toEqual([]);
    expect([...channel.present()]).toEqual([live.session]);
  });
});

/** A client that believes the server, and writes down where it should not have. */
class Checker {
  readonly violations: string[] = [];
  readonly rows = new Map<number, number>();
  position = 0;
  private open: number | null = null;
  private seen = 0;
  private readonly link: FakeLink;

  constructor(link: FakeLink) {
    this.link = link;
  }

  check(): void {
    const { frames } = this.link;
    for (; this.seen < frames.length; this.seen++) this.take(frames[this.seen] as Frame);
  }

  private take(frame: Frame): void {
    if (frame.type === 'replay') return this.bracket(frame.done, frame.from, frame.to);
    const { changeSeq, seq } = frame as DurableFrame & { seq: number };
    this.rows.set(seq, Math.max(changeSeq, this.rows.get(seq) ?? 0));
    if (this.open !== null) return;
    if (changeSeq !== this.position + 1)
      this.violations.push(`live ${changeSeq} at ${this.position}`);
    this.position = changeSeq;
  }

  private bracket(done: boolean, from: number, to: number): void {
    if (done !== (this.open !== null)) this.violations.push(`bracket ${from}-${to} out of order`);
    if (from > this.position) this.violations.push(`catch-up from ${from} at ${this.position}`);
    this.open = done ? null : from;
    if (done) this.position = Math.max(this.position, to);
  }
}

interface Client {
  readonly session: Session;
  readonly checker: Checker;
  busy: boolean;
  gone: boolean;
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit' as const), edited: fc.nat(20) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('hint' as const), pick: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), pick: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), pick: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), readMs: fc.nat(300) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('sync' as const),
      pick: fc.nat(9),
      readMs: fc.nat(300),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), pick: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('database' as const),
      fails: fc.boolean(),
      readMs: fc.nat(400),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(250) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One run: hints are lost, repeated and late, members come at any time, readings are slow and fail. */
async function drive(steps: readonly Step[]): Promise<void> {
  const log = new Log();
  const channels = new Channels({ read: log.read, cursorAt });
  const clients: Client[] = [];
  const onTheWay: DurableFrame[] = [];
  const hint = (frame: DurableFrame | undefined) => {
    const channel = channels.get(CONVERSATION);
    if (frame && channel) deliver(channel, frame);
  };

  /** As `Opening` does it: join, read, replay, start. */
  const catchUp = async (client: Client, readMs: number) => {
    const { session, checker } = client;
    client.busy = true;
    checker.check();
    const from = checker.position;
    const channel = channels.join(session, CONVERSATION);
    const slice = log.slice(from);
    const { fails } = log;
    await new Promise((resolve) => setTimeout(resolve, readMs));
    if (fails) channels.resume(session, CONVERSATION);
    else if (session.isOpen) {
      const replay = {
        type: 'replay',
        conversationId: CONVERSATION,
        from,
        to: slice.head,
      } as const;
      session.send({ ...replay, done: false });
      for (const frame of slice.frames) session.send(frame);
      session.send({ ...replay, done: true });
      channel.start(session, slice.head);
    }
    client.busy = false;
  };

  const act = async (one: Step) => {
    if (one.do === 'commit') onTheWay.push(log.commit(one.edited));
    else if (one.do === 'hint')
      hint(onTheWay.splice(one.pick % Math.max(1, onTheWay.length), 1)[0]);
    else if (one.do === 'lose') onTheWay.splice(one.pick % Math.max(1, onTheWay.length), 1);
    else if (one.do === 'repeat') hint(log.changes[one.pick % Math.max(1, log.changes.length)]);
    else if (one.do === 'sweep') channels.get(CONVERSATION)?.reach(log.head);
    else if (one.do === 'pass') await pass(one.ms);
    else if (one.do === 'database') Object.assign(log, { fails: one.fails, readMs: one.readMs });
    else if (one.do === 'join') {
      const { session, link } = fakeSession({ conversationId: CONVERSATION });
      const client = { session, checker: new Checker(link), busy: false, gone: false };
      session.onEnd = () => channels.leave(session, CONVERSATION);
      clients.push(client);
      void catchUp(client, one.readMs);
    } else {
      const client = clients[one.pick % Math.max(1, clients.length)];
      if (!client || client.busy || client.gone) return;
      if (one.do === 'sync') return void catchUp(client, one.readMs);
      client.session.finish();
      client.gone = true;
    }
  };

  for (const one of steps) await act(one);
  Object.assign(log, { fails: false, readMs: 0 });
  await pass(2_000);
  for (const client of clients) {
    // Whose opening failed comes back, as any client would.
    const inChannel = [...(channels.get(CONVERSATION)?.present() ?? [])].includes(client.session);
    if (!client.gone && !inChannel) await Promise.all([catchUp(client, 0), pass(1)]);
  }
  channels.get(CONVERSATION)?.reach(log.head);
  await pass(5_000);

  for (const { checker, session, gone } of clients) {
    checker.check();
    expect(checker.violations).toEqual([]);
    if (gone) continue;
    expect(session.isOpen).toBe(true);
    expect(checker.position).toBe(log.head);
    const newest = [...log.rows].map(([seq, { changeSeq }]) => [seq, changeSeq] as const);
    expect(new Map([...checker.rows].sort(([a], [b]) => a - b))).toEqual(
      new Map(newest.sort(([a], [b]) => a - b)),
    );
  }
}

test('[O1] [O2] whatever is lost, repeated, late or slow, every member sees each number once in order or within a catch-up', async () => {
  const steps = fc.array(step, { minLength: 20, maxLength: 120 });
  await fc.assert(fc.asyncProperty(steps, drive), { numRuns: 300, endOnFailure: false });
}, 120_000);
