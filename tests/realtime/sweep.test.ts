import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Channels } from '../../src/realtime/channel.js';
import { Hub } from '../../src/realtime/hub.js';
import type { ChangedConversation, ConversationLog } from '../../src/realtime/log.js';
import { Sweep } from '../../src/realtime/sweep.js';
import { silent } from '../support/log.js';
import { CONVERSATION, fakeMessage, fakeSession, fakeSlice, turn } from './fakes.js';

let database: { now: number; epoch: string; changed: ChangedConversation[]; fails: boolean };
let asked: { since: number; until: number }[];
let read: number[];
let epochChanges: number;
let channels: Channels;
let hub: Hub;
let sweep: Sweep;

beforeEach(async () => {
  database = { now: 100_000, epoch: 'first', changed: [], fails: false };
  asked = [];
  read = [];
  epochChanges = 0;
  const log: ConversationLog = {
    read: async () => null,
    changedFor: async () => [],
    changed: async (since, until) => {
      asked.push({ since, until });
      if (database.fails) throw new Error('The database is away');
      return database.changed;
    },
    now: async () => database.now,
    epoch: async () => database.epoch,
  };
  channels = new Channels({
    read: async (_id, after) => {
      read.push(after);
      return fakeSlice({ head: 3, frames: [fakeMessage(3)] });
    },
    cursorAt: String,
  });
  sweep = new Sweep({ log, channels, logger: silent, onEpochChange: () => epochChanges++ });
  hub = new Hub(channels, {
    seen: (id, changeSeq) => sweep.heard(id, changeSeq),
    control: () => {},
  });
  await sweep.start(hub);
});

afterEach(() => sweep.stop());

const changed = (lastSeq: number) => {
  database.changed = [{ id: CONVERSATION, lastSeq, topics: ['user:a'] }];
};

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

  test('is over when it is stopped', async () => {
    const running = sweep.run();
    await sweep.stop();
    await running;
    expect(asked).toHaveLength(1);
  });
});
