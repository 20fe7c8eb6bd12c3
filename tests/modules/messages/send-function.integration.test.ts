import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createConversationsRepository,
  presentMessage,
} from '../../../src/modules/conversations/index.js';
import {
  createMessagesRepository,
  createStore,
  createWriter,
} from '../../../src/modules/messages/index.js';
import type { Send, SendResult } from '../../../src/modules/messages/send.js';
import { type Database, openDatabase } from '../../../src/platform/database.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { silent } from '../../support/log.js';

let target: TestDatabase;
let database: Database;
let messages: ReturnType<typeof createMessagesRepository>;
let conversations: ReturnType<typeof createConversationsRepository>;
let business: string;
let customer: string;
let agent: string;

beforeAll(async () => {
  target = await cloneDatabase();
  database = openDatabase({ url: target.url, max: 8, log: silent });
  messages = createMessagesRepository(database.prisma, presentMessage);
  conversations = createConversationsRepository(database);
});

afterAll(async () => {
  await database.close();
  await target.drop();
});

beforeEach(async () => {
  const data = { name: 'Kiln & Thread', widgetKey: randomUUID() };
  business = (await database.prisma.business.create({ data })).id;
  [customer, agent] = [await createUser(), await createUser()];
});

async function createUser(): Promise<string> {
  const data = { externalId: randomUUID(), name: 'Somebody' };
  return (await database.prisma.user.create({ data })).id;
}

/** Its own two changes have the numbers 1 and 2. */
const openSupport = async (of = customer) => (await conversations.openSupport(business, of)).id;

function send(conversationId: string, senderId: string, more: Partial<Send> = {}): Send {
  return {
    conversationId,
    body: 'Hello',
    clientId: randomUUID(),
    replyTo: null,
    ifLastSeq: null,
    sender: { id: senderId, name: 'Somebody', role: 'CUSTOMER', avatar: null },
    requestHash: 'hash',
    joinAs: senderId === agent ? 'agent' : null,
    ...more,
  };
}

/** One call of the function. */
const store = async (...sends: Send[]) => (await createStore(database).full(sends)) as SendResult[];

/** As one batch of a node. */
const storeAsNode = (...sends: Send[]) => {
  const writer = createWriter(createStore(database));
  return Promise.all(sends.map((one) => writer.write(one)));
};

/** The number of the last change of everything that a conversation holds, in order. */
async function numbers(id: string): Promise<{ taken: number[]; lastSeq: number }> {
  const { changeSeq, lastSeq, participants } = await database.prisma.conversation.findUniqueOrThrow(
    {
      where: { id },
      include: { participants: true },
    },
  );
  const rows = await database.prisma.message.findMany({ where: { conversationId: id } });
  const taken = [changeSeq, ...[...participants, ...rows].map((row) => row.changeSeq)];
  return { taken: taken.sort((a, b) => a - b), lastSeq };
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

async function expectDense(id: string): Promise<void> {
  const { taken, lastSeq } = await numbers(id);
  expect(taken).toEqual(upTo(lastSeq));
}

describe('nothing is stored, and no number taken, when', () => {
  test('there is no such conversation', async () => {
    const [result] = await store(send(randomUUID(), customer));
    expect(result).toMatchObject({ outcome: 'missing', seq: null, createdAt: null });
  });

  test('the sender takes no part and has no role to join with', async () => {
    const id = await openSupport();
    const [result] = await store(send(id, await createUser()));
    expect(result).toMatchObject({ outcome: 'forbidden', seq: null });
    expect((await numbers(id)).taken).toEqual([1, 2]);
  });

  test('the sender has left', async () => {
    const id = await openSupport();
    await database.prisma.participant.updateMany({
      where: { conversationId: id, userId: customer },
      data: { leftSeq: 2 },
    });
    expect(await store(send(id, customer))).toMatchObject([{ outcome: 'forbidden' }]);
  });

  test('the same key comes with other content', async () => {
    const id = await openSupport();
    const first = send(id, customer);
    await store(first);
    const [result] = await store({ ...first, body: 'Other', requestHash: 'other' });
    expect(result).toMatchObject({ outcome: 'conflict', seq: 3, joinedSeq: null });
    expect((await numbers(id)).lastSeq).toBe(3);
  });

  test('somebody else wrote after the number that the sender has seen', async () => {
    const id = await openSupport();
    await store(send(id, customer), send(id, agent));
    const [result] = await store(send(id, customer, { ifLastSeq: 3 }));
    expect(result).toMatchObject({ outcome: 'stale', seq: null });
    await expectDense(id);
  });

  test('the conversation is resolved and another one of the customer is open', async () => {
    const id = await openSupport();
    await conversations.setStatus(id, 'resolved');
    const openId = await openSupport();
    expect(await store(send(id, customer), send(id, agent))).toMatchObject([
      { outcome: 'closed', openId, reopenedSeq: null },
      { outcome: 'closed', openId, joinedSeq: null },
    ]);
    expect((await numbers(id)).lastSeq).toBe(3);
  });
});

describe('a send', () => {
  test('takes the next number and says where its frames go', async () => {
    const id = await openSupport();
    const [result] = await store(send(id, customer));
    expect(result).toMatchObject({
      outcome: 'stored',
      seq: 3,
      joinedSeq: null,
      reopenedSeq: null,
      businessId: business,
      customerId: customer,
      members: null,
    });
    expect(result?.createdAt).toBeInstanceOf(Date);
  });

  test('of a direct conversation names its people', async () => {
    const { id } = await conversations.openDirect(customer, agent);
    const [result] = await store(send(id, customer));
    expect(result).toMatchObject({ outcome: 'stored', seq: 4, businessId: null });
    expect([...(result?.members ?? [])].sort()).toEqual([customer, agent].sort());
  });

  test('repeated, also in a later batch beside new ones, answers with its first place', async () => {
    const id = await openSupport();
    const first = send(id, customer);
    const [original] = await store(first);
    const results = await store(send(id, customer), first, send(id, customer));
    expect(results.map(({ outcome, seq }) => [outcome, seq])).toEqual([
      ['stored', 4],
      ['duplicate', 3],
      ['stored', 5],
    ]);
    expect(results[1]?.createdAt).toEqual(original?.createdAt);
    await expectDense(id);
  });

  test('repeated after an edit is still the same send', async () => {
    const id = await openSupport();
    const first = send(id, customer);
    await store(first);
    await messages.change(id, 3, customer, 'Edited');
    expect(await store(first)).toMatchObject([{ outcome: 'duplicate', seq: 3 }]);
  });

  test('with the key of another sender is a new one', async () => {
    const id = await openSupport();
    await store(send(id, customer, { clientId: 'same' }));
    const results = await store(send(id, agent, { clientId: 'same' }));
    expect(results).toMatchObject([{ outcome: 'stored', seq: 5, joinedSeq: 4 }]);
  });

  test('on the condition that nobody else wrote is stored when only the sender did', async () => {
    const id = await openSupport();
    await store(send(id, customer), send(id, customer));
    expect(await store(send(id, customer, { ifLastSeq: 2 }))).toMatchObject([
      { outcome: 'stored', seq: 5 },
    ]);
  });
});

describe('a batch', () => {
  test('of several conversations answers in its order and numbers each by itself', async () => {
    const others = await Promise.all([createUser(), createUser()]);
    const ids = [await openSupport(), await openSupport(others[0]), await openSupport(others[1])];
    const [a, b, c] = ids as [string, string, string];
    const results = await store(
      send(c, others[1] as string),
      send(a, customer),
      send(randomUUID(), customer),
      send(b, others[0] as string),
      send(a, customer),
      send(c, others[1] as string),
    );
    expect(results.map(({ outcome, seq }) => [outcome, seq])).toEqual([
      ['stored', 3],
      ['stored', 3],
      ['missing', null],
      ['stored', 3],
      ['stored', 4],
      ['stored', 4],
    ]);
    for (const id of ids) await expectDense(id);
  });

  test('staff join once, with a number of their own before the messages', async () => {
    const id = await openSupport();
    const second = await createUser();
    const results = await store(
      send(id, agent),
      send(id, customer),
      send(id, second, { joinAs: 'agent' }),
      send(id, agent),
    );
    expect(results.map(({ seq, joinedSeq }) => [seq, joinedSeq])).toEqual([
      [5, 3],
      [6, null],
      [7, 4],
      [8, null],
    ]);
    await expectDense(id);
    expect(await store(send(id, agent))).toMatchObject([{ seq: 9, joinedSeq: null }]);
  });

  test('re-opening takes the first number, joining the next, then come the messages', async () => {
    const id = await openSupport();
    await conversations.setStatus(id, 'resolved');
    const results = await store(send(id, agent), send(id, customer), send(id, customer));
    expect(results.map(({ seq, joinedSeq, reopenedSeq }) => [seq, joinedSeq, reopenedSeq])).toEqual(
      [
        [6, 5, 4],
        [7, null, null],
        [8, null, null],
      ],
    );
    const { taken, lastSeq } = await numbers(id);
    // 1, the conversation's first number, and 3, the resolving, were superseded by its last change, 4.
    expect(taken).toEqual([2, 4, 5, 6, 7, 8]);
    expect(lastSeq).toBe(8);
  });

  test('who was refused joins nothing and re-opens nothing', async () => {
    const id = await openSupport();
    await conversations.setStatus(id, 'resolved');
    const first = send(id, agent);
    await store(first);
    const results = await store({ ...first, requestHash: 'other' }, send(id, await createUser()));
    expect(results.map(({ outcome }) => outcome)).toEqual(['conflict', 'forbidden']);
    expect((await numbers(id)).lastSeq).toBe(5);
  });

  test('a message of the customer opens a resolved conversation, one of staff does not', async () => {
    const id = await openSupport();
    const status = async () =>
      (await database.prisma.conversation.findUniqueOrThrow({ where: { id } })).status;
    await conversations.setStatus(id, 'resolved');
    await store(send(id, agent));
    expect(await status()).toBe('resolved');
    await store(send(id, customer));
    expect(await status()).toBe('open');
  });
});

describe('many at once', () => {
  test('every number from 1 to the last belongs to exactly one change', async () => {
    const id = await openSupport();
    const senders = [customer, agent, await createUser(), await createUser()];
    const batches = Array.from({ length: 40 }, (_, n) => {
      const sender = senders[n % 4] as string;
      return store(
        ...Array.from({ length: 5 }, () =>
          send(id, sender, { joinAs: sender === customer ? null : 'agent' }),
        ),
      );
    });
    const results = (await Promise.all(batches)).flat();
    expect(new Set(results.map(({ seq }) => seq)).size).toBe(200);
    expect((await numbers(id)).lastSeq).toBe(2 + 3 + 200);
    await expectDense(id);
  });

  test('one key sent a hundred times through several writers is one row', async () => {
    const id = await openSupport();
    const one = send(id, customer);
    const writers = Array.from({ length: 4 }, () => createWriter(createStore(database)));
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (writers[n % 4] as (typeof writers)[0]).write(one)),
    );
    expect(new Set(results.map(({ seq }) => seq))).toEqual(new Set([3]));
    expect(results.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    await expectDense(id);
  });

  test('batches that name the same conversations in other orders do not lock each other out', async () => {
    const others = await Promise.all([createUser(), createUser()]);
    const ids = [await openSupport(others[0]), await openSupport(others[1])];
    const pair = ids.map((id, n) => [id, others[n]] as const) as [string, string][];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        storeAsNode(...(n % 2 ? pair : pair.toReversed()).map(([id, sender]) => send(id, sender))),
      ),
    );
    for (const id of ids) {
      expect((await numbers(id)).lastSeq).toBe(42);
      await expectDense(id);
    }
  });

  test('a row that PostgreSQL refuses costs only itself, and leaves no hole', async () => {
    const id = await openSupport();
    const writer = createWriter(createStore(database));
    const results = await Promise.allSettled([
      writer.write(send(id, customer)),
      writer.write(send(id, customer, { body: 'NUL \u0000' })),
      writer.write(send(id, customer)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await numbers(id)).lastSeq).toBe(4);
    await expectDense(id);
  });

  test('two resolved conversations of one customer written to at once: one opens, one is told so', async () => {
    const first = await openSupport();
    await conversations.setStatus(first, 'resolved');
    const second = await openSupport();
    await conversations.setStatus(second, 'resolved');
    const writer = createWriter(createStore(database));
    const results = await Promise.all(
      [first, second].map((id) => writer.write(send(id, customer))),
    );
    expect(results).toMatchObject([
      { outcome: 'stored', reopenedSeq: 4 },
      { outcome: 'closed', openId: first },
    ]);
  });
});
