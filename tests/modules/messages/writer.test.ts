import { describe, expect, jest, test } from '@jest/globals';
import type { Send, SendResult } from '../../../src/modules/messages/send.js';
import { createWriter, type Store } from '../../../src/modules/messages/writer.js';
import { microtasks } from '../../support/clock.js';

interface Statement {
  readonly kind: 'quick' | 'full';
  readonly sends: readonly Send[];
  /** Commits it: every send is stored under its place in the test. */
  commit(): Promise<void>;
  /** Commits what is not of these conversations. */
  leave(...conversations: string[]): Promise<void>;
  fail(error: unknown): Promise<void>;
}

let made = 0;

function send(conversationId: string, more: Partial<Send> = {}): Send {
  made += 1;
  const sender = { id: 'u', name: 'Amara', role: 'CUSTOMER', avatar: null } as const;
  return {
    conversationId,
    body: `Message ${made}`,
    clientId: `key${made}`,
    replyTo: null,
    ifLastSeq: null,
    sender,
    requestHash: '',
    joinAs: null,
    ...more,
  };
}

const stored = ({ body }: Send) => ({ outcome: 'stored', openId: body }) as SendResult;

/** A store whose statements a test lets through one by one. */
function fakeStore() {
  const statements: Statement[] = [];
  const run = (kind: Statement['kind']) => (sends: readonly Send[]) =>
    new Promise<(SendResult | null)[]>((resolve, reject) => {
      const leave = (...ids: string[]) => {
        resolve(sends.map((one) => (ids.includes(one.conversationId) ? null : stored(one))));
        return microtasks();
      };
      statements.push({
        kind,
        sends,
        commit: leave,
        leave,
        fail: (error) => {
          reject(error);
          return microtasks();
        },
      });
    });
  const store: Store = { quick: run('quick'), full: run('full') };
  return { store, statements };
}

const bodies = ({ sends }: Statement) => sends.map(({ body }) => body);

async function open() {
  const { store, statements } = fakeStore();
  const writer = createWriter(store);
  /** Sends that arrive in one turn of the event loop. */
  const write = async (...sends: Send[]) => {
    const results = sends.map((one) => writer.write(one));
    await microtasks();
    return { results };
  };
  return { writer, statements, write };
}

test('a lone send goes at once, and its answer is its own', async () => {
  const { statements, write } = await open();
  const one = send('a');
  const {
    results: [result],
  } = await write(one);
  expect(statements.map(bodies)).toEqual([[one.body]]);
  await statements[0]?.commit();
  expect(await result).toEqual(stored(one));
});

test('sends of one turn share a statement, in the order of their arrival', async () => {
  const { statements, write } = await open();
  const sends = [send('a'), send('b'), send('a'), send('c')];
  const { results } = await write(...sends);
  expect(statements.map(bodies)).toEqual([sends.map(({ body }) => body)]);
  await statements[0]?.commit();
  expect(await Promise.all(results)).toEqual(sends.map(stored));
});

test('a conversation is never in two statements at once, and what waits keeps its order', async () => {
  const { statements, write } = await open();
  await write(send('a'));
  const later = [send('a'), send('a'), send('a')];
  for (const one of later) await write(one);
  expect(statements).toHaveLength(1);
  await statements[0]?.commit();
  expect(bodies(statements[1] as Statement)).toEqual(later.map(({ body }) => body));
});

test('a conversation that is free does not wait behind one that is busy', async () => {
  const { statements, write } = await open();
  await write(send('a'));
  await write(send('a'));
  const free = send('b');
  await write(free);
  expect(statements.map(bodies)[1]).toEqual([free.body]);
});

test('of two sends with one key the second waits for the first, and so does all behind it', async () => {
  const { statements, write } = await open();
  const [first, repeat] = [send('a'), send('a')].map((one) => ({ ...one, clientId: 'same' }));
  const behind = send('a');
  await write(first as Send, repeat as Send, behind);
  expect(statements.map(bodies)).toEqual([[first?.body]]);
  await statements[0]?.commit();
  expect(bodies(statements[1] as Statement)).toEqual([repeat?.body, behind.body]);
});

test('one key of two senders or in two conversations is no repeat', async () => {
  const { statements, write } = await open();
  const one = send('a', { clientId: 'same' });
  const others = [
    send('b', { clientId: 'same' }),
    send('a', { clientId: 'same', sender: { ...one.sender, id: 'v' } }),
  ];
  await write(one, ...others);
  expect(statements[0]?.sends).toHaveLength(3);
});

test('a conditional send is alone in its conversation, before and behind', async () => {
  const { statements, write } = await open();
  const [before, conditional, behind] = [send('a'), send('a', { ifLastSeq: 1 }), send('a')];
  const other = send('b');
  await write(before, conditional, behind, other);
  expect(bodies(statements[0] as Statement)).toEqual([before.body, other.body]);
  await statements[0]?.commit();
  expect(bodies(statements[1] as Statement)).toEqual([conditional.body]);
  await statements[1]?.commit();
  expect(bodies(statements[2] as Statement)).toEqual([behind.body]);
});

test('a statement has 256 rows at most', async () => {
  const { statements, write } = await open();
  await write(...Array.from({ length: 300 }, (_, n) => send(`c${n}`)));
  expect(statements.map(({ sends }) => sends.length)).toEqual([256, 44]);
});

test('each further statement in flight wants twice the company', async () => {
  const { statements, write } = await open();
  for (let n = 0; n < 1 + 2 + 4 + 7; n += 1) await write(send(`c${n}`));
  expect(statements.map(({ sends }) => sends.length)).toEqual([1, 2, 4]);
  await statements[0]?.commit();
  expect(statements[3]?.sends).toHaveLength(7);
});

test('there are never more than six in flight', async () => {
  const { statements, write } = await open();
  await write(...Array.from({ length: 3_000 }, (_, n) => send(`c${n}`)));
  expect(statements).toHaveLength(6);
});

describe('what is out of the ordinary', () => {
  test('goes through the full statement, beside the ordinary', async () => {
    const { statements, write } = await open();
    const [plain, joining, reply] = [
      send('a'),
      send('b', { joinAs: 'agent' }),
      send('c', { replyTo: 3 }),
    ];
    await write(plain, joining, reply);
    await statements[0]?.commit();
    expect(statements.map(({ kind, sends }) => [kind, sends])).toEqual([
      ['quick', [plain]],
      ['full', [joining, reply]],
    ]);
  });

  test('and turns out to be so late goes again through the full one, before what came later', async () => {
    const { statements, write } = await open();
    const [one, other] = [send('a'), send('b')];
    const { results } = await write(one, other);
    const later = send('a');
    await write(later);
    await statements[0]?.leave('a');
    expect(await results[1]).toEqual(stored(other));
    expect(statements.slice(1).map(({ kind, sends }) => [kind, sends])).toEqual([['full', [one]]]);
    await statements[1]?.commit();
    expect(await results[0]).toEqual(stored(one));
    expect(statements[2]?.sends).toEqual([later]);
  });

  test('and whose conversation somebody else holds waits for it alone', async () => {
    const { statements, write } = await open();
    const [held, free] = [send('a', { joinAs: 'agent' }), send('b', { joinAs: 'agent' })];
    const [alsoHeld] = [send('c', { joinAs: 'agent' })];
    const { results } = await write(held, free, alsoHeld);
    await statements[0]?.leave('a', 'c');
    expect(await results[1]).toEqual(stored(free));
    expect(statements.slice(1).map(({ sends }) => sends)).toEqual([[held]]);
    await statements[1]?.commit();
    expect(statements[2]?.sends).toEqual([alsoHeld]);
  });
});

test('a statement that hangs gives its place to others, up to four', async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  const { statements, write } = await open();
  for (let n = 0; n < 7; n += 1) {
    await write(send(`c${n}`));
    await jest.advanceTimersByTimeAsync(1_000);
  }
  expect(statements.map(({ sends }) => sends.length)).toEqual([1, 1, 1, 1, 1, 2]);
  jest.useRealTimers();
});

const POISONED = {
  code: 'P2010',
  meta: { driverAdapterError: { cause: { originalCode: '22021' } } },
};

test('a row that the database refuses is rejected alone', async () => {
  const { statements, write } = await open();
  const [one, bad, last] = [send('a'), send('b'), send('c')];
  const { results } = await write(one, bad, last);
  const failure = results[1]?.catch((error) => error);
  await statements[0]?.fail(POISONED);
  await statements[1]?.commit();
  await statements[2]?.fail(POISONED);
  await statements[3]?.fail(POISONED);
  await statements[4]?.commit();
  await statements[5]?.fail(POISONED);
  await statements[6]?.fail(POISONED);
  const tried = statements.map(({ sends }) => sends);
  expect(tried).toEqual([[one, bad, last], [one], [bad, last], [bad], [last], [bad], [bad]]);
  expect(await failure).toBe(POISONED);
  expect(await Promise.all([results[0], results[2]])).toEqual([one, last].map(stored));
});

test('while its rows are repeated in parts a conversation is in no other statement', async () => {
  const { statements, write } = await open();
  const [one, two, later] = [send('a'), send('b'), send('a')];
  await write(one, two);
  await write(later);
  await statements[0]?.fail(POISONED);
  expect(statements.map(bodies)).toEqual([[one.body, two.body], [one.body]]);
  await statements[1]?.commit();
  await statements[2]?.commit();
  expect(bodies(statements[3] as Statement)).toEqual([later.body]);
});

test('in parts, too, the sends of a conversation keep their order', async () => {
  const { statements, write } = await open();
  const [one, two, other] = [send('a'), send('a'), send('b')];
  await write(one, two, other);
  await statements[0]?.fail(POISONED);
  await statements[1]?.leave('a');
  await statements[2]?.commit();
  await statements[3]?.commit();
  expect(statements.slice(1).map(({ kind, sends }) => [kind, sends])).toEqual([
    ['quick', [one]],
    ['quick', [other]],
    ['full', [one]],
    ['quick', [two]],
  ]);
});

test('a lone row is tried again, for it may have lost a race, and not for ever', async () => {
  const { statements, write } = await open();
  const {
    results: [result],
  } = await write(send('a'));
  const failure = result?.catch((error) => error);
  await statements[0]?.fail({ code: '23505' });
  await statements[1]?.fail({ code: '23505' });
  await statements[2]?.fail({ code: '23505' });
  expect(await failure).toEqual({ code: '23505' });
  expect(statements.map(({ kind }) => kind)).toEqual(['quick', 'full', 'full']);
});

test.each([
  ['an error without a code', new Error('Connection terminated')],
  ['a database that is away', { code: 'ECONNREFUSED' }],
  ['a shutdown', { code: '57P01' }],
  ['nothing at all', undefined],
])('%s rejects every send of the statement, and none is tried again', async (_name, error) => {
  const { statements, write, writer } = await open();
  const { results } = await write(send('a'), send('b'));
  const failures = results.map((one) => one.catch((reason) => reason));
  await statements[0]?.fail(error);
  expect(await Promise.all(failures)).toEqual([error, error]);
  expect(statements).toHaveLength(1);
  await writer.idle();
});

test('after a failure the next send of the conversation goes', async () => {
  const { statements, write } = await open();
  const {
    results: [result],
  } = await write(send('a'));
  result?.catch(() => {});
  await statements[0]?.fail(new Error('Connection terminated'));
  await write(send('a'));
  expect(statements).toHaveLength(2);
});

test('it is idle when nothing waits and nothing is in flight', async () => {
  const { statements, write, writer } = await open();
  await writer.idle();
  await write(send('a'));
  await write(send('a'));
  let isIdle = false;
  const idle = writer.idle().then(() => {
    isIdle = true;
  });
  await statements[0]?.commit();
  expect(isIdle).toBe(false);
  await statements[1]?.commit();
  await idle;
});
