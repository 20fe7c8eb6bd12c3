import { describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { type Control, Hub } from '../../src/realtime/hub.js';
import type { Session } from '../../src/realtime/session.js';
import { CONVERSATION, type FakeLink, fakeMessage, fakeSession, fakeSlice, turn } from './fakes.js';

function setUp() {
  const channels = new Channels({ read: async () => fakeSlice(), cursorAt: String });
  const seen: [string, number][] = [];
  const controls: [Session, Control][] = [];
  const hub = new Hub(channels, {
    seen: (id, changeSeq) => seen.push([id, changeSeq]),
    control: (session, message) => controls.push([session, message]),
  });
  const add = (...topics: Parameters<Hub['at']>[0]) => {
    const one = fakeSession();
    one.session.onEnd = () => hub.remove(one.session);
    hub.add(one.session);
    for (const topic of topics) hub.join(one.session, topic);
    return one;
  };
  return { hub, channels, seen, controls, add };
}

const frame = JSON.stringify(fakeMessage(1));

describe('the hub', () => {
  test('a session under several of the topics gets a frame once', async () => {
    const { hub, add } = setUp();
    const both = add('user:a', 'business:b');
    const one = add('business:b');
    const none = add('user:c');
    hub.deliver({ topics: ['user:a', 'business:b'], frame });
    await turn();
    expect([both, one, none].map(({ link }) => link.frames.length)).toEqual([1, 1, 0]);
  });

  test('[L9] an id belongs to the newest session that came under it', () => {
    const { hub, add } = setUp();
    const { session: former } = add('user:a');
    const { session: newer } = fakeSession({ id: former.id });
    hub.add(newer);
    expect([hub.has(former), hub.has(newer)]).toEqual([false, true]);
    hub.remove(former);
    expect(hub.sessions.get(former.id)).toBe(newer);
    expect(hub.at(['user:a']).size).toBe(0);
  });

  test('[P1] the connection that caused a frame does not get it back', async () => {
    const { hub, add } = setUp();
    const sender = add('user:a');
    const twin = add('user:a');
    hub.deliver({ topics: ['user:a'], except: sender.session.id, frame });
    await turn();
    expect([sender, twin].map(({ link }) => link.frames.length)).toEqual([0, 1]);
  });

  test('durable frames of a conversation reach its channel and the user sessions, and are noted as heard', async () => {
    const { hub, channels, seen, add } = setUp();
    const user = add('user:a');
    const open = add();
    channels.join(open.session, CONVERSATION).start(open.session, 0);
    hub.deliver({ topics: ['user:a'], conversationId: CONVERSATION, changeSeq: 1, frame });
    hub.deliver({ topics: ['user:a'], conversationId: CONVERSATION, changeSeq: 1, frame });
    await turn();
    expect(user.link.frames).toHaveLength(2);
    expect(open.link.frames).toHaveLength(1);
    expect(seen).toEqual([
      [CONVERSATION, 1],
      [CONVERSATION, 1],
    ]);
  });

  test('what is not durable reaches those who have caught up, each once', async () => {
    const { hub, channels, add } = setUp();
    const present = add('user:a');
    const opening = add();
    channels.join(present.session, CONVERSATION).start(present.session, 0);
    channels.join(opening.session, CONVERSATION);
    hub.deliver({ topics: ['user:a'], conversationId: CONVERSATION, frame });
    await turn();
    expect([present, opening].map(({ link }) => link.frames.length)).toEqual([1, 0]);
  });

  test('[U1] a number of the own stream moves the place in it', async () => {
    const { hub, add } = setUp();
    const { session } = add('user:a');
    session.userPosition = 0;
    hub.deliver({ topics: ['user:a'], changeSeq: 1, frame });
    expect(session.userPosition).toBe(1);
  });

  test('a crowd is served in slices, each receiver all that waits for it, and others are not kept waiting', async () => {
    const { hub, add } = setUp();
    const crowd = Array.from({ length: 600 }, () => add('business:b'));
    const other = add('user:other');
    const deliver = (n: number) =>
      hub.deliver({
        topics: ['business:b'],
        conversationId: CONVERSATION,
        changeSeq: n,
        frame: JSON.stringify(fakeMessage(n)),
      });
    for (const n of [1, 2, 3]) deliver(n);
    hub.deliver({ topics: ['user:other'], frame });
    const served = (frames: number) =>
      crowd.filter(({ link }) => link.frames.length === frames).length;
    await turn();
    expect(served(3)).toBe(250);
    expect(served(0)).toBe(350);
    expect(other.link.frames).toHaveLength(1);
    const last = crowd.at(-1)?.link as FakeLink;
    while (last.frames.length < 3) await turn();
    for (const { link } of crowd)
      expect(link.frames.map((one) => 'changeSeq' in one && one.changeSeq)).toEqual([1, 2, 3]);
    deliver(4);
    while (served(4) === 0) await turn();
    expect(served(3)).toBe(350);
    expect(served(4)).toBe(250);
  });

  test('a crowd that has become small does not overtake what it still waits for', async () => {
    const { hub, add } = setUp();
    const crowd = Array.from({ length: 600 }, () => add('business:b'));
    const deliver = (body: string) => {
      const text = JSON.stringify({ ...fakeMessage(1), body });
      hub.deliver({ topics: ['business:b'], frame: text });
    };
    deliver('first');
    for (const { session } of crowd.splice(0, 400)) session.finish();
    deliver('second');
    const last = crowd.at(-1)?.link as FakeLink;
    while (last.frames.length < 2) await turn();
    for (const { link } of crowd)
      expect(link.frames.map((one) => 'body' in one && one.body)).toEqual(['first', 'second']);
  });

  test('one who ends while a crowd is served gets nothing more', async () => {
    const { hub, add } = setUp();
    const crowd = Array.from({ length: 300 }, () => add('business:b'));
    hub.deliver({ topics: ['business:b'], frame });
    const gone = crowd.pop();
    gone?.session.finish();
    while (!crowd.every(({ link }) => link.frames.length === 1)) await turn();
    expect(gone?.link.frames).toEqual([]);
  });

  test('a control message reaches the node of the session and never its peer', async () => {
    const { hub, controls, add } = setUp();
    const { session, link } = add();
    const message: Control = { op: 'watch', userId: 'u', ids: [] };
    const to = (id: string) =>
      hub.deliver({ topics: [`session:${id}`], control: true, frame: JSON.stringify(message) });
    to(session.id);
    to('somewhere else');
    await turn();
    expect(controls).toEqual([[session, message]]);
    expect(link.frames).toEqual([]);
  });

  test('forgets a session that ended, and takes no topic for it afterwards', () => {
    const { hub, add } = setUp();
    const { session } = add('user:a');
    session.finish();
    hub.join(session, 'user:a');
    expect(hub.at(['user:a']).size).toBe(0);
    expect(hub.sessions.size).toBe(0);
    hub.leave(session, 'user:a');
  });
});
