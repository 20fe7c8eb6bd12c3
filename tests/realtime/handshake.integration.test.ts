import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  createBusiness,
  meet,
  openSupport,
  type Person,
  platformToken,
} from '../support/people.js';
import { connect, refusal, socketUrl } from '../support/socket.js';

const SHOP = 'https://shop.example';
let database: TestDatabase;
let node: TestNode;
let customer: Person;
let stranger: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url, env: { CORS_ORIGIN: SHOP } });
  const business = await createBusiness(node.database);
  customer = await meet(node.url);
  stranger = await meet(node.url);
  conversationId = (await openSupport(node.url, customer, business)).id;
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

const bearer = (token: string) => `bearer.${Buffer.from(token).toString('base64url')}`;
const seconds = (fromNow: number) => Math.floor(Date.now() / 1_000) + fromNow;

describe('who is refused before the upgrade', () => {
  test('[C1] whoever brings no credential, or one that is not ours', async () => {
    const unauthorized = { status: 401, code: 'unauthorized' };
    expect(await refusal(node.url, { conversationId })).toEqual(unauthorized);
    const forged = platformToken({ sub: 'x' }, 'another secret of at least thirty-two bytes');
    const noExpiry = platformToken({ sub: 'x', exp: undefined });
    for (const token of [forged, noExpiry, 'abc', `${customer.token}x`])
      expect(await refusal(node.url, { token, conversationId })).toEqual(unauthorized);
  });

  test('[C1] whoever brings a token that has expired', async () => {
    const token = platformToken({ sub: 'late', exp: seconds(-31) });
    expect(await refusal(node.url, { token })).toEqual({ status: 401, code: 'token_expired' });
  });

  test('[C4] whoever asks for a conversation of others, exactly as for one that does not exist', async () => {
    const token = stranger.token;
    const notFound = { status: 404, code: 'not_found' };
    expect(await refusal(node.url, { token, conversationId })).toEqual(notFound);
    expect(await refusal(node.url, { token, conversationId: randomUUID() })).toEqual(notFound);
    const check = (id: string) =>
      api(node.url, token).get(`/api/connection-check?conversationId=${id}`);
    const [theirs, nobodys] = [await check(conversationId), await check(randomUUID())];
    expect({ ...theirs.body, requestId: 0 }).toEqual({ ...nobodys.body, requestId: 0 });
  });

  test.each([
    ['conversationId', 'no-uuid'],
    ['conversationId', ''],
    ['conversationId', "' OR 1=1"],
    ['conversationId', '\u0000'],
    ['conversationId', '__proto__'],
    ['conversationId', 'x'.repeat(5_000)],
    ['conversationId', randomUUID().toUpperCase()],
    ['after', ''],
    ['after', '-1'],
    ['after', '1e309'],
    ['after', '9007199254740993'],
    ['after', 'NaN'],
    ['after', 'abc'],
    ['after', 'x'.repeat(257)],
    ['ticket', 'x'.repeat(129)],
  ])('[C5] a malformed or overlong %s: %j', async (name, value) => {
    const token = name === 'ticket' ? {} : { token: customer.token };
    expect(await refusal(node.url, { ...token, query: { [name]: value } })).toMatchObject({
      status: 400,
    });
  });

  test.each([
    'conversationId[]=x',
    'conversation=x',
    'After=1',
    '__proto__=x',
    'conversationId=%00',
    'after=1&after=2',
    'after=1e309',
    'token=',
  ])('[C5] a malformed, repeated or unknown parameter, on every way in: %s', async (query) => {
    const as = api(node.url, customer.token);
    for (const path of ['/ws', '/sse', '/api/connection-check']) {
      expect((await as.get(`${path}?${query}`)).status).toBe(400);
    }
    const post = `/frames?connection=${'a'.repeat(32)}&${query}`;
    expect((await as.post(post, { type: 'ping' })).status).toBe(400);
  });

  test.each(['', 'A'.repeat(32), 'a'.repeat(31), 'a'.repeat(33), '\u0000', '__proto__'])(
    '[C5] a connection that is none: %j',
    async (connection) => {
      const path = `/frames?connection=${encodeURIComponent(connection)}`;
      expect((await api(node.url, customer.token).post(path, { type: 'ping' })).status).toBe(400);
    },
  );

  test('[C5] a malformed request, before its ticket is used up', async () => {
    const { ticket } = (await api(node.url, customer.token).post('/api/auth/ticket')).body;
    expect((await refusal(node.url, { query: { ticket, after: 'abc' } })).status).toBe(400);
    await (await connect(node.url, { query: { ticket } })).close();
  });

  test('[C5] a parameter that is given twice', async () => {
    const one = socketUrl(node.url, { token: customer.token, conversationId });
    for (const again of [`conversationId=${conversationId}`, `token=${customer.token}`]) {
      const raw = new WebSocket(`${one}&${again}`);
      const [, response] = await once(
        raw.on('error', () => {}),
        'unexpected-response',
      );
      expect(response.statusCode).toBe(400);
      raw.terminate();
    }
  });

  test.each([
    'https://evil.example',
    'https://shop.example.evil.io',
    'https://evil-shop.example',
    'http://shop.example',
    'HTTPS://SHOP.EXAMPLE',
    'https://shop.example.',
    'https://shop.example:444',
    'https://shop.example/',
    'null',
    '',
  ])('[C6] a page of the origin %j', async (origin) => {
    const { token } = customer;
    const headers = { origin };
    expect(await refusal(node.url, { token, conversationId, client: { headers } })).toEqual({
      status: 403,
      code: 'origin_forbidden',
    });
  });

  test('a request that is no proper upgrade', async () => {
    const { token } = customer;
    const plain = await api(node.url, token).get('/ws');
    expect([plain.status, plain.headers.upgrade]).toEqual([426, 'websocket']);
    expect((await api(node.url, token).post('/ws')).status).toBe(404);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', `Authorization: Bearer ${token}`];
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const version = (n: number) => `Sec-WebSocket-Version: ${n}`;
    expect(await raw('GET', [...upgrade, key, version(7)])).toMatch(/^HTTP\/1.1 4(00|26)/);
    expect(await raw('GET', [...upgrade, version(13)])).toMatch(/^HTTP\/1.1 400/);
    expect(await raw('POST', [...upgrade, key, version(13)])).toMatch(/^HTTP\/1.1 404/);
  });
});

/** The status line of an answer to what no WebSocket library would send. */
async function raw(method: string, headers: readonly string[]): Promise<string> {
  const socket = connectTcp(node.port, '127.0.0.1');
  socket.write(`${method} /ws HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString().split('\r\n')[0] as string;
}

describe('who is let in', () => {
  test('[C2] whoever brings the token as a subprotocol, which is not echoed', async () => {
    const protocols = ['chat.v1', bearer(customer.token)];
    const socket = await connect(node.url, { conversationId, protocols });
    expect(socket.raw.protocol).toBe('chat.v1');
    await socket.close();
  });

  test('[C2] whoever brings it as a header or a parameter', async () => {
    const headers = { authorization: `Bearer ${customer.token}` };
    await (await connect(node.url, { client: { headers } })).close();
    await (await connect(node.url, { token: customer.token })).close();
  });

  test('[C2] but not as a subprotocol without `chat.v1`', async () => {
    const protocols = [bearer(customer.token)];
    expect((await refusal(node.url, { protocols })).status).toBe(401);
  });

  test('[C3] whoever brings a ticket, once', async () => {
    const { ticket } = (await api(node.url, customer.token).post('/api/auth/ticket')).body;
    const socket = await connect(node.url, { conversationId, query: { ticket } });
    expect((await socket.frame('ready')).user.id).toBe(customer.id);
    await socket.close();
    expect(await refusal(node.url, { conversationId, query: { ticket } })).toEqual({
      status: 401,
      code: 'unauthorized',
    });
  });

  test('[C4] but a ticket opens no conversation that its holder may not see', async () => {
    const { ticket } = (await api(node.url, stranger.token).post('/api/auth/ticket')).body;
    expect((await refusal(node.url, { conversationId, query: { ticket } })).status).toBe(404);
  });

  test.each([undefined, SHOP, 'own'])('[C6] from the origin %s', async (origin) => {
    const headers = origin === undefined ? {} : { origin: origin === 'own' ? node.url : origin };
    const socket = await connect(node.url, { token: customer.token, client: { headers } });
    await socket.close();
  });

  test('[C7] [C9] with `ready` first, which says what kind of session it is', async () => {
    const { token } = customer;
    const bound = await connect(node.url, { token, conversationId });
    const user = await connect(node.url, { token });
    expect([bound.frames[0], user.frames[0]]).toMatchObject([
      { type: 'ready', protocol: 'chat.v1', conversationId, limits: { frameBytes: 65_536 } },
      { type: 'ready', protocol: 'chat.v1', conversationId: null, heads: [], more: false },
    ]);
    await Promise.all([bound.close(), user.close()]);
  });
});

test('[C8] a browser learns why it is refused, or that it would not be', async () => {
  const check = (token?: string, query = '') =>
    api(node.url, token).get(`/api/connection-check${query}`);
  expect((await check()).body).toMatchObject({ status: 401, code: 'unauthorized' });
  const expired = platformToken({ sub: 'late', exp: seconds(-31) });
  expect((await check(expired)).body).toMatchObject({ status: 401, code: 'token_expired' });
  expect((await check(customer.token, '?after=abc')).body).toMatchObject({ code: 'bad_cursor' });
  expect((await check(customer.token, `?conversationId=${conversationId}`)).status).toBe(204);
});
