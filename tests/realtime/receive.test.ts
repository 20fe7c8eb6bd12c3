import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/platform/clock.js';
import { AppError } from '../../src/platform/errors.js';
import type { CommandType } from '../../src/protocol/commands.js';
import type { FrameOf } from '../../src/protocol/frames.js';
import type { Handler, Handlers } from '../../src/realtime/commands.js';
import { targetOf } from '../../src/realtime/commands.js';
import type { Charge } from '../../src/realtime/frame-limit.js';
import { createReceiver } from '../../src/realtime/receive.js';
import { silent } from '../support/log.js';
import { CONVERSATION, fakeCaller, fakeContext, fakeSession } from './fakes.js';

const nothing: Handler<CommandType> = () => undefined;

function setUp(handlers: Partial<Handlers> = {}, charge: Charge = () => undefined) {
  const handled: unknown[] = [];
  const noted: Handler<CommandType> = (command) => void handled.push(command) as undefined;
  const all = ['message', 'typing', 'status', 'read', 'delivered', 'sync', 'auth', 'ping', 'pong'];
  const receiver = createReceiver({
    handlers: { ...Object.fromEntries(all.map((type) => [type, noted])), ...handlers } as Handlers,
    log: silent,
    clock: systemClock,
    charge,
  });
  const context = fakeContext();
  const say = async (raw: unknown) => {
    await receiver.text(typeof raw === 'string' ? raw : JSON.stringify(raw), context);
    return context.replies.at(-1) as FrameOf<'error'> | undefined;
  };
  return { receiver, handled, context, say };
}

describe('what a client sends', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{"type":"ping"'],
    ['a list', []],
    ['a number', 42],
    ['a string', '"ping"'],
    ['null', 'null'],
    ['no type', {}],
    ['an unknown type', { type: 'shout' }],
    ['a type of the object prototype', { type: 'constructor' }],
    ['a type that is no text', { type: 7 }],
  ])('[E1] that is %s has no effect', async (_what, raw) => {
    const { handled, say } = setUp();
    expect(await say(raw)).toMatchObject({ type: 'error', code: 'bad_frame', retryable: false });
    expect(handled).toEqual([]);
  });

  const message = { type: 'message', body: 'hi' };
  test.each([
    ['senderId', { ...message, senderId: CONVERSATION }],
    ['seq', { ...message, seq: 1 }],
    ['createdAt', { ...message, createdAt: '2026-01-01T00:00:00Z' }],
    ['role', { ...message, role: 'ADMIN' }],
    ['userId', { type: 'status', status: 'online', userId: CONVERSATION }],
    ['busy', { type: 'status', status: 'busy' }],
    ['body', { ...message, body: { text: 'hi' } }],
    ['clientId of 65', { ...message, clientId: 'x'.repeat(65) }],
    ['clientId 🙂', { ...message, clientId: '🙂' }],
    ['clientId {}', { ...message, clientId: {} }],
    ['id', { ...message, id: '' }],
    ['conversationId', { ...message, conversationId: "' OR 1=1" }],
    ['negative seq', { type: 'read', seq: -1 }],
    ['seq of 2^31', { type: 'read', seq: 2 ** 31 }],
    ['no seq', { type: 'read' }],
    [
      '101 conversations',
      { type: 'sync', conversations: Array(101).fill({ id: CONVERSATION, after: 0 }) },
    ],
    ['no conversations', { type: 'sync', conversations: [] }],
    ['token of 9000', { type: 'auth', token: 'x'.repeat(9_000) }],
  ])('[S7] with a wrong or foreign %s has no effect', async (_what, raw) => {
    const { handled, say } = setUp();
    expect(await say(raw)).toMatchObject({ type: 'error', code: 'bad_frame' });
    expect(handled).toEqual([]);
  });

  test('does not come back in the words of a refusal', async () => {
    const { say } = setUp();
    const error = await say({ ...message, clientId: 'a secret!' });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('reaches the handler of its type, as text or already parsed', async () => {
    const { receiver, handled, context, say } = setUp();
    await say(message);
    await receiver.value({ type: 'ping', id: '1' }, context);
    expect(handled).toEqual([message, { type: 'ping', id: '1' }]);
    expect(context.replies).toEqual([]);
  });

  test('[E4] is refused under the ids that it brought, with all that the error says', async () => {
    const { say } = setUp({
      message: () => {
        throw new AppError('rate_limited', 'Slow down.', {
          retryAfterMs: 90,
          extra: { openConversationId: CONVERSATION },
        });
      },
    });
    const ids = { id: '7', clientId: 'c-1', conversationId: CONVERSATION };
    expect(await say({ ...message, ...ids })).toEqual({
      type: 'error',
      ...ids,
      code: 'rate_limited',
      message: 'Slow down.',
      retryable: true,
      retryAfterMs: 90,
      openConversationId: CONVERSATION,
    });
  });

  test('is refused also when the failure comes after its place was settled', async () => {
    const failing: Handler<'message'> = () => ({ done: Promise.reject(new Error('boom')) });
    const { receiver, context } = setUp({ message: failing });
    const outcome = await receiver.text(JSON.stringify(message), context);
    await outcome?.done;
    expect(context.replies).toMatchObject([{ type: 'error', code: 'internal', retryable: true }]);
    expect(JSON.stringify(context.replies)).not.toContain('boom');
  });

  test('[S9] is charged before it is handled', async () => {
    const { handled, say } = setUp({}, () => {
      throw new AppError('rate_limited', 'Slow down.');
    });
    expect(await say(message)).toMatchObject({ code: 'rate_limited' });
    expect(handled).toEqual([]);
  });
});

describe('after the end of its token', () => {
  const late = () => fakeSession({ caller: fakeCaller({ expiresAt: Date.now() - 1 }) });

  test.each(['typing', 'message', 'sync', 'status'])(
    '[H4] a session is closed with 4401 by a %s, which has no effect',
    async (type) => {
      const { handled, receiver } = setUp();
      const { session, link } = late();
      const commands: Record<string, object> = {
        message: { body: 'hi' },
        sync: { conversationId: CONVERSATION, after: 0 },
        status: { status: 'away' },
      };
      const context = fakeContext({ session, caller: session.caller });
      await receiver.text(JSON.stringify({ type, ...commands[type] }), context);
      expect(link.closedWith).toBe(4401);
      expect([handled, context.replies]).toEqual([[], []]);
    },
  );

  test('[H3] it may still be renewed, and answer pings', async () => {
    const { handled, receiver } = setUp();
    const { session, link } = late();
    const context = fakeContext({ session, caller: session.caller });
    for (const command of [{ type: 'auth', token: 'x' }, { type: 'ping' }, { type: 'pong' }])
      await receiver.text(JSON.stringify(command), context);
    expect(handled).toHaveLength(3);
    expect(link.closedWith).toBeNull();
  });
});

describe('the conversation that a command is for', () => {
  const OTHER = '6f1c0000-0000-4000-8000-000000000002';

  test('[C9] a user session has to name it', () => {
    expect(() => targetOf({}, fakeContext())).toThrow(/conversationId/);
    expect(targetOf({ conversationId: OTHER }, fakeContext())).toBe(OTHER);
  });

  test('[C9] a conversation session need not, and cannot reach another', () => {
    const bound = fakeContext({ conversationId: CONVERSATION });
    expect(targetOf({}, bound)).toBe(CONVERSATION);
    expect(targetOf({ conversationId: CONVERSATION }, bound)).toBe(CONVERSATION);
    expect(() => targetOf({ conversationId: OTHER }, bound)).toThrow(/bound to another/);
  });
});

test('a handler that answers nothing is answered with nothing', async () => {
  const { context, say } = setUp({ pong: nothing });
  await say({ type: 'pong' });
  expect(context.replies).toEqual([]);
});
