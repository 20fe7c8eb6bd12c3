import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ChatError, errorOfFrame, toChatError } from '../../../client/sdk/errors';
import { createRestClient } from '../../../client/sdk/rest';
import { type Call, FakeServer, type Refusal } from '../../support/fake-server';

function client(answers: (Refusal | null | undefined)[] = [], token?: () => Promise<string>) {
  const server = new FakeServer();
  server.intercept = () => answers.shift();
  const rest = createRestClient({ url: 'http://chat.test', token, fetch: server.fetch });
  return { server, rest };
}

describe('routes', () => {
  const seen = ({ method, path, query, body }: Call) =>
    `${method} ${path}?${query} ${JSON.stringify(body)}`;
  const ok: Refusal = { status: 200 };

  test('are those of the service', async () => {
    const { rest, server } = client(Array.from({ length: 20 }, () => ok));
    await rest.login('a@b', 'secret');
    await rest.logout();
    await rest.me();
    await rest.ticket();
    await rest.conversations({ status: 'open', limit: 5 });
    await rest.createConversation({ type: 'direct', userId: 'u1' });
    await rest.conversation('c/1');
    await rest.setConversationStatus('c1', 'resolved');
    await rest.messages('c1', { before: 9 });
    await rest.send('c1', { body: 'hi', clientId: 'k' });
    await rest.edit('c1', 4, 'ho');
    await rest.remove('c1', 4);
    await rest.read('c1', 4);
    await rest.widgetConfig('savanna');
    await rest.widgetSession({ widgetKey: 'savanna', visitorKey: 'v' });
    await rest.connectionCheck();
    expect(server.calls.map(seen)).toEqual([
      'POST /api/auth/login? {"email":"a@b","password":"secret"}',
      'POST /api/auth/logout? {}',
      'GET /api/me? {}',
      'POST /api/auth/ticket? {}',
      'GET /api/conversations?status=open&limit=5 {}',
      'POST /api/conversations? {"type":"direct","userId":"u1"}',
      'GET /api/conversations/c%2F1? {}',
      'PATCH /api/conversations/c1? {"status":"resolved"}',
      'GET /api/conversations/c1/messages?before=9 {}',
      'POST /api/conversations/c1/messages? {"body":"hi","clientId":"k"}',
      'PATCH /api/conversations/c1/messages/4? {"body":"ho"}',
      'DELETE /api/conversations/c1/messages/4? {}',
      'POST /api/conversations/c1/read? {"seq":4}',
      'GET /api/widget/config?key=savanna {}',
      'POST /api/widget/session? {"widgetKey":"savanna","visitorKey":"v"}',
      'GET /api/connection-check? {}',
    ]);
  });

  test('carry the token where there is one, and never when logging in', async () => {
    const { rest, server } = client([ok, ok], async () => 't1');
    await rest.login('a@b', 'secret');
    await rest.me();
    expect(server.calls.map(({ authorization }) => authorization)).toEqual([null, 'Bearer t1']);
  });
});

describe('failures', () => {
  test('carry code, status and when to come back', async () => {
    const { rest } = client([{ status: 429, code: 'rate_limited', retryAfter: 3 }]);
    await expect(rest.me()).rejects.toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryable: true,
      retryAfterMs: 3_000,
    });
  });

  test.each([
    [404, 'not_found', false],
    [408, 'timeout', true],
    [502, 'unavailable', true],
    [500, 'internal', true],
    [422, 'bad_request', false],
  ])('of a proxy without a code: %i is %s', async (status, code, retryable) => {
    const { rest } = client([{ status }]);
    await expect(rest.me()).rejects.toMatchObject({ code, status, retryable });
  });

  test('of the network are retryable', async () => {
    const { rest } = client([null]);
    await expect(rest.me()).rejects.toMatchObject({ code: 'network', status: 0, retryable: true });
  });

  test('with 401 are tried once more with a fresh token, asked for once', async () => {
    const provider = jest.fn(async () => `t${provider.mock.calls.length}`);
    const expired: Refusal = { status: 401, code: 'token_expired' };
    const { rest, server } = client([expired, expired, { status: 200 }, { status: 200 }], provider);
    await Promise.all([rest.me(), rest.me()]);
    expect(provider).toHaveBeenCalledTimes(2);
    expect(server.calls.map(({ authorization }) => authorization)).toEqual([
      'Bearer t1',
      'Bearer t1',
      'Bearer t2',
      'Bearer t2',
    ]);
  });
});

describe('a ChatError', () => {
  test('of a frame keeps what the server added', () => {
    const error = errorOfFrame({
      type: 'error',
      code: 'conversation_closed',
      message: 'Closed',
      retryable: false,
      openConversationId: 'c2',
    });
    expect(error).toMatchObject({ openConversationId: 'c2', retryable: false, newer: null });
  });

  test('of anything else is not retryable', () => {
    const known = new ChatError({ code: 'timeout', message: 'late' });
    expect(toChatError(known)).toBe(known);
    expect(known.retryable).toBe(true);
    expect(toChatError(new Error('bug'))).toMatchObject({ code: 'internal', retryable: false });
  });
});

describe('by default', () => {
  const original = globalThis.fetch;
  afterEach(() => {
    globalThis.fetch = original;
  });

  test('the fetch of the platform is used', async () => {
    const server = new FakeServer();
    server.post('one');
    globalThis.fetch = server.fetch;
    const rest = createRestClient({ url: '', token: 'static' });
    await expect(rest.conversations()).resolves.toMatchObject({ items: [{ id: 'c1' }] });
  });
});
