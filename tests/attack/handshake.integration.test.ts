import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { api } from '../support/api.js';
import { ask, Peer, request, say, UPGRADE } from './raw.js';
import { START_MS, startTarget, type Target } from './target.js';

/** Recognisable in a log, whatever it was part of. */
const CANARY = 'canary-77c2-of-handshakes';

let target: Target;
let authorization: string;
beforeAll(async () => {
  target = await startTarget();
  authorization = `Authorization: Bearer ${target.customer.token}`;
}, START_MS);
afterAll(() => target.stop());

const unharmed = () => target.expectUnharmed([CANARY]);

const without = (name: string) => UPGRADE.filter((header) => !header.startsWith(`${name}:`));
const statusOf = async (bytes: string | Buffer) => (await say(target.port, bytes)).status;
const upgrade = (path: string, headers: readonly string[] = UPGRADE, method = 'GET') =>
  request(method, path, [...headers, authorization]);

describe('an upgrade is refused', () => {
  afterAll(unharmed);

  test.each<[string, number, readonly string[]]>([
    ['without a key', 400, without('Sec-WebSocket-Key')],
    [
      'with a key of 15 bytes',
      400,
      [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: c2hvcnRzaG9ydHNo'],
    ],
    ['with two keys', 400, [...UPGRADE, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']],
    ['without a version', 426, without('Sec-WebSocket-Version')],
    [
      'of the draft version 8',
      426,
      [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'],
    ],
    ['of version 013', 426, [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 013']],
    ['of version 13.0', 426, [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 13.0']],
    ['of two versions', 426, [...UPGRADE, 'Sec-WebSocket-Version: 8']],
    ['to h2c', 426, [...without('Upgrade'), 'Upgrade: h2c']],
    ['to h2c or WebSocket', 426, [...without('Upgrade'), 'Upgrade: h2c, websocket']],
    ['to TLS', 426, [...without('Upgrade'), 'Upgrade: TLS/1.0']],
    [
      'that offers a subprotocol twice',
      400,
      [...UPGRADE, 'Sec-WebSocket-Protocol: chat.v1, chat.v1'],
    ],
    ['that offers no subprotocol at all', 400, [...UPGRADE, 'Sec-WebSocket-Protocol: ']],
    [
      'that offers a subprotocol with a space in it',
      400,
      [...UPGRADE, 'Sec-WebSocket-Protocol: chat v1'],
    ],
  ])('%s', async (_what, status, headers) => {
    expect(await statusOf(upgrade('/ws', headers))).toBe(status);
  });

  test('and leaves the ticket good that it brought', async () => {
    const { token } = target.customer;
    const { ticket } = (await api(target.url, token).post('/api/auth/ticket')).body;
    for (const name of ['Sec-WebSocket-Key', 'Sec-WebSocket-Version'])
      expect(await statusOf(request('GET', `/ws?ticket=${ticket}`, without(name)))).toBeGreaterThan(
        399,
      );
    const peer = await Peer.connect(target.port);
    await peer.upgrade(`/ws?ticket=${ticket}`);
    peer.destroy();
  });

  test.each(['POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH'])('by %s', async (method) => {
    const peer = await Peer.connect(target.port);
    peer.write(upgrade('/ws', UPGRADE, method));
    expect((await peer.answer(true)).status).toBeGreaterThan(399);
    await peer.ended;
  });

  test.each<[string, string, readonly string[]]>([
    ['no token', '/ws', []],
    ['an address that cannot be read', '/%zz', []],
    ['an address beyond any length', `/api/conversations/${'a'.repeat(900)}`, []],
    ['a body that is compressed', '/ws', ['Content-Encoding: gzip']],
    ['another version', '/ws', ['Sec-WebSocket-Version: 8']],
    ['a subprotocol that is none', '/ws', [`Sec-WebSocket-Protocol: a b`]],
    ['no such place', '/nowhere', []],
  ])(
    'for %s, and the connection closed, whether the client ends it or not',
    async (_what, path, headers) => {
      const peer = await Peer.connect(target.port);
      peer.write(request('GET', path, [...UPGRADE, ...headers]));
      expect((await peer.answer(true)).status).toBeGreaterThan(399);
      await peer.ended;
    },
  );

  test.each([
    '/',
    '/api/me',
    '/api/connection-check',
    '/sse',
    `/poll?connection=${'a'.repeat(32)}`,
    '/health',
    '/agent/',
    '/widget/panel.html',
    '//ws',
    '/ws/',
    '/ws/x',
    '/WS',
    '/ws;a=1',
    '/ws%3ftoken=x',
    '/ws%00',
    '/ws/../ws',
    '/%2e/ws',
    '/api/%2e%2e/ws',
  ])('at %s, which is no way in', async (path) => {
    const name = path.includes('?') ? '&' : '?';
    const answer = await say(target.port, upgrade(`${path}${name}token=${CANARY}`));
    expect([400, 404]).toContain(answer.status);
  });

  test.each(['POST', 'PATCH', 'DELETE'])(
    'of what is written by %s, which is not written',
    async (method) => {
      const path = `/api/conversations/${target.conversationId}/messages`;
      const body = JSON.stringify({ body: CANARY });
      const headers = [
        ...UPGRADE,
        authorization,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
      ];
      expect(await statusOf(request(method, path, headers, body))).toBe(404);
    },
  );

  test.each<[string, readonly string[]]>([
    [
      'an origin that is a list with ours in it',
      ['Origin: http://chat.example', 'Origin: https://evil.example'],
    ],
    ['an origin that goes on behind the host', ['Origin: http://chat.example.evil.example']],
    ['an origin with a user in it', ['Origin: http://chat.example@evil.example']],
    ['an origin with a path', ['Origin: http://chat.example/']],
    ['an origin of another scheme', ['Origin: file://chat.example']],
    ['the origin of an opaque page', ['Origin: null']],
  ])('from %s', async (_what, headers) => {
    expect(await statusOf(upgrade('/ws', [...UPGRADE, ...headers]))).toBe(403);
  });

  test('from an origin that the draft of version 8 would have told by another name', async () => {
    const draft = [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'];
    const headers = [...draft, 'Sec-WebSocket-Origin: https://evil.example'];
    expect(await statusOf(upgrade('/ws', headers))).toBe(426);
  });
});

describe('a credential is taken only as it was given', () => {
  afterAll(unharmed);

  const bearer = (token: string) => `bearer.${Buffer.from(token).toString('base64url')}`;
  test.each<[string, (token: string) => { path?: string; headers?: readonly string[] }]>([
    ['a cookie', (token) => ({ headers: [`Cookie: token=${token}; access_token=${token}`] })],
    ['another scheme', (token) => ({ headers: [`Authorization: Basic ${token}`] })],
    ['a scheme without a token', () => ({ headers: ['Authorization: Bearer '] })],
    ['a token with a space', (token) => ({ headers: [`Authorization: Bearer ${token} x`] })],
    [
      'two tokens in one header',
      (token) => ({ headers: [`Authorization: Bearer ${token}, Bearer ${token}`] }),
    ],
    ['a header of a proxy', (token) => ({ headers: [`Proxy-Authorization: Bearer ${token}`] })],
    [
      'a subprotocol that is not encoded',
      (token) => ({ headers: [`Sec-WebSocket-Protocol: chat.v1, bearer.${token}`] }),
    ],
    [
      'a subprotocol without the one of the chat',
      (token) => ({ headers: [`Sec-WebSocket-Protocol: ${bearer(token)}`] }),
    ],
    ['a name of capitals', (token) => ({ path: `/ws?TOKEN=${token}` })],
    ['a list', (token) => ({ path: `/ws?token[]=${token}` })],
    ['a ticket', (token) => ({ path: `/ws?ticket=${token.slice(0, 128)}` })],
    ['a ticket of nobody', () => ({ path: `/ws?ticket=${'A'.repeat(43)}` })],
    ['the token of a person by name', () => ({ path: '/ws?token=__proto__' })],
    ['the token with a NUL behind it', (token) => ({ path: `/ws?token=${token}%00` })],
    [
      'the token in two halves',
      (token) => ({ path: `/ws?token=${token.slice(0, 50)}&token=${token.slice(50)}` }),
    ],
  ])('not as %s', async (_what, given) => {
    const { path = '/ws', headers = [] } = given(target.customer.token);
    expect([400, 401]).toContain(await statusOf(request('GET', path, [...UPGRADE, ...headers])));
    // A program that cannot upgrade is answered alike.
    const stream = path.replace('/ws', '/sse');
    const plain = headers.filter((header) => !header.startsWith('Sec-'));
    expect([400, 401]).toContain((await ask(target.port, 'GET', stream, plain)).status);
  });

  test('the first of two bearer headers counts, and the other is not asked', async () => {
    const good = `Authorization: Bearer ${target.customer.token}`;
    const bad = `Authorization: Bearer ${CANARY}`;
    expect((await ask(target.port, 'GET', '/api/me', [good, bad])).status).toBe(200);
    expect((await ask(target.port, 'GET', '/api/me', [bad, good])).status).toBe(401);
  });

  test.each(['/ws', '/sse', '/poll', '/api/connection-check', '/%77s', '/s%73e'])(
    'and a token in the address of %s reaches no log, however it is set off',
    async (path) => {
      for (const mark of [
        '?token=',
        '#token=',
        '?a=1&token=',
        '?a=1?token=',
        '?%74oken=',
        ';token=',
        '?token=%23',
        '?token=#',
        '?ticket=#',
        '?after=#',
        '?TOKEN=',
        '?token[]=',
        '?conversationId=&ticket=',
      ]) {
        const address = `${path}${mark}${CANARY}`;
        expect((await ask(target.port, 'GET', address)).status).toBeGreaterThan(399);
        expect(await statusOf(request('GET', address, UPGRADE))).toBeGreaterThan(399);
      }
    },
  );
});

describe('an address is what it says, however it is written', () => {
  afterAll(unharmed);

  test.each(['/%77s', '/w%73', 'http://chat.example/ws', 'http://evil.example/ws'])(
    '%s is the way in, with every check of it',
    async (path) => {
      expect(await statusOf(request('GET', path, UPGRADE))).toBe(401);
      expect(await statusOf(upgrade(`${path}?x=1`))).toBe(400);
      expect(await statusOf(upgrade(`${path}?conversationId=${randomUUID()}`))).toBe(404);
      const peer = await Peer.connect(target.port);
      await peer.upgrade(path, [authorization]);
      peer.destroy();
    },
  );

  test.each<[string, string]>([
    ['a NUL', 'conversationId=%00'],
    ['a NUL behind an id', `conversationId=${randomUUID()}%00`],
    ['a line break and a header', 'conversationId=%0d%0aSet-Cookie:%20a=b'],
    ['a percent sign that escapes nothing', 'conversationId=%zz'],
    ['bytes that are no UTF-8', 'conversationId=%ff%fe'],
    ['5,000 characters', `conversationId=${'a'.repeat(5_000)}`],
    ['1,000 parameters', Array.from({ length: 1_000 }, (_, i) => `p${i}=1`).join('&')],
    ['1,000 times the same', Array(1_000).fill('after=1').join('&')],
    ['brackets', 'conversationId[$ne]=1'],
    ['a prototype', '__proto__[after]=1'],
    ['a constructor', 'constructor.prototype.after=1'],
    ['nothing but signs', '&&==&=&'],
    ['an id in full-width digits', 'conversationId=%EF%BC%91'],
  ])('a query of %s is refused', async (_what, query) => {
    expect(await statusOf(upgrade(`/ws?${query}`))).toBe(400);
    for (const path of ['/sse', '/api/connection-check', `/poll?connection=${'a'.repeat(32)}`]) {
      const address = `${path}${path.includes('?') ? '&' : '?'}${query}`;
      const answer = await ask(target.port, 'GET', address, [authorization]);
      expect(answer.status).toBe(400);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });
});

describe('a conversation of somebody else is refused exactly as one that is not there', () => {
  afterAll(unharmed);

  test.each(['/ws', '/sse', '/poll', '/api/connection-check'])('at %s', async (path) => {
    const refusalOf = async (id: string) => {
      const poll = path === '/poll' ? `&connection=${'b'.repeat(32)}` : '';
      const headers = path === '/ws' ? UPGRADE : ['Host: chat.example'];
      const bytes = request('GET', `${path}?conversationId=${id}${poll}`, [
        ...headers,
        authorization,
      ]);
      return comparable(await say(target.port, bytes));
    };
    const unknown = await refusalOf(randomUUID());
    expect(unknown.status).toBe(404);
    expect(await refusalOf(target.foreignId)).toEqual(unknown);
  });
});

describe('what is no HTTP is refused, and its connection closed', () => {
  afterAll(unharmed);

  const host = 'Host: chat.example\r\n';
  const get = `GET /api/me HTTP/1.1\r\n${host}`;
  const post = `POST /api/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\n`;
  test.each<[string, string]>([
    [
      'a length and chunks',
      `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks and a length',
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}`],
    ['two lengths in one', `${post}Content-Length: 2, 40\r\n\r\n{}`],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n{}`],
    ['a length with a sign', `${post}Content-Length: +2\r\n\r\n{}`],
    ['a length in hexadecimal', `${post}Content-Length: 0x2\r\n\r\n{}`],
    ['a length beyond all', `${post}Content-Length: 99999999999999999999999\r\n\r\n{}`],
    ['chunks in disguise', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    [
      'chunks that are not the last encoding',
      `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a chunk of a length that is none',
      `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    ],
    [
      'a chunk of a length beyond all',
      `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
    ],
    ['a name with a space behind it', `${get}Content-Length : 5\r\n\r\nhello`],
    ['a name that goes on in the next line', `${get} X-Folded: ${CANARY}\r\n\r\n`],
    ['a value with a line feed', `${get}X: a\nSet-Cookie: b\r\n\r\n`],
    ['a value with a NUL', `${get}X: a\u0000b\r\n\r\n`],
    ['no name', `${get}: ${CANARY}\r\n\r\n`],
    ['lines that end with a line feed only', `GET /api/me HTTP/1.1\nHost: x\n\n`],
    ['a method of nobody', `${CANARY.toUpperCase()} / HTTP/1.1\r\n${host}\r\n`],
    ['a version of nobody', `GET / HTTP/9.9\r\n${host}\r\n`],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['a space in the address', `GET /ws?token=${CANARY} x HTTP/1.1\r\n${host}\r\n`],
    ['a token in what it could not read', `GET /ws?token=${CANARY}\u0001 HTTP/1.1\r\n${host}\r\n`],
    [
      '10,000 headers',
      `${get}${Array.from({ length: 10_000 }, (_, i) => `x${i}: 1\r\n`).join('')}\r\n`,
    ],
    ['a header of 100 kB', `${get}X: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['an address of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`],
  ])('%s', async (_what, bytes) => {
    const peer = await Peer.connect(target.port);
    peer.write(Buffer.from(bytes, 'latin1'));
    const { status, headers, body } = await peer.answer();
    expect([400, 404, 431, 505]).toContain(status);
    expect(headers['set-cookie']).toBeUndefined();
    expect(body).not.toContain(CANARY);
    peer.socket.end();
    await peer.ended;
  });

  test('a request hidden in the body of another is not answered', async () => {
    const hidden = request('GET', '/api/me', ['Host: x', authorization]).toString();
    const peer = await Peer.connect(target.port);
    peer.write(`${post}Content-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`);
    expect((await peer.answer()).status).toBe(400);
    expect(await peer.rest()).toBe('');
  });

  test('a request hidden behind an upgrade that is refused is not answered', async () => {
    const hidden = request('GET', '/api/me', ['Host: x', authorization]);
    const peer = await Peer.connect(target.port);
    peer.write(Buffer.concat([request('GET', '/ws', UPGRADE), hidden]));
    expect((await peer.answer()).status).toBe(401);
    expect(await peer.rest()).toBe('');
  });

  test('a body of an upgrade is not taken for frames', async () => {
    const peer = await Peer.connect(target.port);
    const headers = [...UPGRADE, authorization, 'Content-Length: 5'];
    peer.write(request('GET', '/ws', headers, 'hello'));
    const { status } = await peer.answer();
    expect(status === 101 ? await peer.closeCode() : status).toBe(status === 101 ? 1002 : 400);
    peer.destroy();
  });

  test('2,000 headers that fit are read, and the WebSocket opens', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => `a${i}:`);
    const peer = await Peer.connect(target.port);
    await peer.upgrade('/ws', [authorization, ...many]);
    peer.destroy();
  });

  test('500 requests at once on one connection are answered in order', async () => {
    const peer = await Peer.connect(target.port);
    const paths = Array.from({ length: 500 }, (_, i) => `/api/${i % 2 ? 'me' : 'nothing'}`);
    peer.write(
      Buffer.concat(paths.map((path) => request('GET', path, ['Host: x', authorization]))),
    );
    for (const path of paths)
      expect((await peer.answer()).status).toBe(path.endsWith('me') ? 200 : 404);
    peer.destroy();
  });
});

/** Whole, but for what is of each request and each moment. */
function comparable({ status, headers, body }: Awaited<ReturnType<typeof ask>>) {
  const { date, 'x-request-id': _id, 'x-ratelimit-remaining': _rest, ...others } = headers;
  const { requestId: _requestId, ...problem } = JSON.parse(body) as Record<string, unknown>;
  return { status, headers: others, problem, isDated: date !== undefined };
}
