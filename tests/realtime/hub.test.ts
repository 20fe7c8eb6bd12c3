import { describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { type Control, Hub } from '../../src/realtime/hub.js';
import type { Session } from '../../src/realtime/session.js';
import { CONVERSATION, fakeMessage, fakeSession, fakeSlice, turn } from './fakes.js';

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
