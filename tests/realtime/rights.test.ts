import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { Hub } from '../../src/realtime/hub.js';
import {
  isNotice,
  Rights,
  type RightsPorts,
  revocationNotice,
  rightsNotice,
  type Seat,
} from '../../src/realtime/rights.js';
import { topics } from '../../src/realtime/topics.js';
import { silent } from '../support/log.js';
import {
  CONVERSATION,
  FakeLink,
  type FakeSessionOptions,
  fakeCaller,
  fakeSession,
  fakeSlice,
  turn,
} from './fakes.js';

let hub: Hub;
let rights: Rights;
/** What the database says. */
let businesses: Map<string, string[]>;
let hidden: Set<string>;
let revoked: Set<string>;
let known: Set<string>;
let forgotten: string[];
let before: () => Promise<void>;

const ports: RightsPorts = {
  readRevocations: async () => {
    await before();
    known = new Set(revoked);
  },
  isRevoked: ({ subject }) => known.has(subject),
  businessesOf: async () => {
    await before();
    return new Map(businesses);
  },
  visible: async (seats: readonly Seat[]) => seats.filter(({ userId }) => !hidden.has(userId)),
  forget: (userId) => void forgotten.push(userId),
};

beforeEach(() => {
  const channels = new Channels({ read: async () => fakeSlice(), cursorAt: String });
  hub = new Hub(channels, { seen: () => {}, control: () => {} });
  rights = new Rights(ports, hub, silent);
  businesses = new Map();
  [hidden, revoked, known] = [new Set(), new Set(), new Set()];
  forgotten = [];
  before = async () => {};
});
afterEach(() => rights.stop());

function add(options: FakeSessionOptions = {}) {
  const one = fakeSession({ ...options, caller: options.caller ?? fakeCaller() });
  one.session.onEnd = () => hub.remove(one.session);
  hub.add(one.session);
  const { userId, staffOf } = one.session.caller;
  businesses.set(userId, [...staffOf]);
  for (const id of staffOf) hub.join(one.session, topics.business(id));
  return { ...one, userId };
}

async function noticed(envelope: Parameters<Rights['noticed']>[0]): Promise<void> {
  rights.noticed(envelope);
  await turn();
}

describe('a notice', () => {
  test('is for nodes, and no frame is', () => {
    expect([revocationNotice(), rightsNotice('u')].map(isNotice)).toEqual([true, true]);
    expect(isNotice({ topics: [topics.user('nodes')], frame: '{}' })).toBe(false);
    expect(isNotice({ topics: [], frame: '{}' })).toBe(false);
  });

  test('[H8] of a revocation ends the sessions of that token with 4401, and no others', async () => {
    const [theirs, others] = [add(), add()];
    revoked.add(theirs.session.caller.token.subject);
    expect(theirs.session.isOpen).toBe(true);
    await noticed(revocationNotice());
    expect([theirs.link.closedWith, others.link.closedWith]).toEqual([4401, null]);
  });

  test('[H9] of lost rights ends conversation sessions with 4403', async () => {
    const [theirs, others] = [
      add({ conversationId: CONVERSATION }),
      add({ conversationId: CONVERSATION }),
    ];
    hidden.add(theirs.userId).add(others.userId);
    await noticed(rightsNotice(theirs.userId));
    expect([theirs.link.closedWith, others.link.closedWith]).toEqual([4403, null]);
    expect(forgotten).toContain(theirs.userId);
  });

  test('[H9] of other businesses changes where the frames of a user session come from', async () => {
    const { session, userId } = add({ caller: fakeCaller({ staffOf: ['left', 'kept'] }) });
    hub.join(session, topics.presence('a customer'));
    businesses.set(userId, ['kept', 'joined']);
    await noticed(rightsNotice(userId));
    expect([...session.topics].sort()).toEqual(['business:joined', 'business:kept']);
    expect(session.caller.staffOf).toEqual(['kept', 'joined']);
    expect(session.isOpen).toBe(true);
  });

  test('of somebody who is gone ends their sessions with 4401', async () => {
    const { link, userId } = add();
    businesses.delete(userId);
    await noticed(rightsNotice(userId));
    expect(link.closedWith).toBe(4401);
  });

  test('that finds the database away changes nothing, and the next one works', async () => {
    const { link, session } = add();
    before = () => Promise.reject(new Error('away'));
    revoked.add(session.caller.token.subject);
    await noticed(revocationNotice());
    await noticed(rightsNotice(session.caller.userId));
    expect(link.closedWith).toBeNull();
    before = async () => {};
    await noticed(revocationNotice());
    expect(link.closedWith).toBe(4401);
  });
});

describe('a session that opens while rights change', () => {
  const open = (link: FakeLink, options: FakeSessionOptions = {}) => {
    const one = add({ ...options, link });
    rights.admitted(one.session);
    return one;
  };

  test('[H8] ends at once when its token was revoked meanwhile', async () => {
    const caller = fakeCaller();
    revoked.add(caller.token.subject);
    await noticed(revocationNotice());
    const link = new FakeLink();
    open(link, { caller });
    expect(link.closedWith).toBe(4401);
  });

  test('gets the rights of the moment when they were changed meanwhile', async () => {
    const caller = fakeCaller({ staffOf: ['left'] });
    await noticed(rightsNotice(caller.userId));
    const { session, userId } = open(new FakeLink(), { caller });
    businesses.set(userId, []);
    await turn();
    expect(session.topics.size).toBe(0);
  });
});

test('an older reading does not undo a newer one', async () => {
  const { session, userId } = add({ caller: fakeCaller({ staffOf: ['b'] }) });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let first = true;
  const answers = [['b'], []];
  const slow = new Rights(
    {
      ...ports,
      businessesOf: async () => {
        const answer = new Map([[userId, answers.shift() ?? []]]);
        if (first) {
          first = false;
          await held;
        }
        return answer;
      },
    },
    hub,
    silent,
  );
  slow.noticed(rightsNotice(userId));
  await turn();
  slow.noticed(rightsNotice(userId));
  await turn();
  release();
  await slow.stop();
  expect(session.caller.staffOf).toEqual([]);
});
