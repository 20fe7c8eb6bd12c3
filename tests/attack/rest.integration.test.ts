import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, ask, json, Peer, request, UPGRADE } from './raw.js';
import { START_MS, startTarget, type Target } from './target.js';

/** Recognisable in a log, whatever it was part of. */
const CANARY = 'canary-09ae-of-rest';
const JSON_TYPE = 'Content-Type: application/json';

let target: Target;
let authorization: string;
let messages: string;
beforeAll(async () => {
  target = await startTarget();
  authorization = `Authorization: Bearer ${target.customer.token}`;
  messages = `/api/conversations/${target.conversationId}/messages`;
}, START_MS);
afterAll(() => target.stop());

const unharmed = () => target.expectUnharmed([CANARY]);

const send = (method: string, path: string, body: string | Buffer, headers = [JSON_TYPE]) =>
  ask(target.port, method, path, [authorization, ...headers], body);
const get = (path: string, headers: readonly string[] = [authorization]) =>
  ask(target.port, 'GET', path, headers);
const b64 = (text: string) => Buffer.from(text).toString('base64url');

describe('a query is refused unless each part of it is known and right', () => {
  afterAll(unharmed);

  test.each([
    'conversationId[]=x',
    'where[id]=1',
    'take=1e9',
    'order=;drop',
    'limit=0',
    'limit=-1',
    'limit=201',
    'limit=1e2',
    'limit=0x10',
    'limit=%201',
    'limit=',
    'limit=1&limit=2',
    'limit=99999999999999999999',
    'before=2147483648',
    'after=-1',
    'changedAfter=NaN',
    'before=1&after=1',
    'before=%00',
    '__proto__=1',
    'constructor=1',
    'toString=1',
    'limit[$gt]=1',
    '%6cimit=1000',
  ])('of messages: %s', async (query) => {
    expect((await get(`${messages}?${query}`)).status).toBe(400);
  });

  test.each([
    'limit=201',
    'status=closed',
    'status=open&status=resolved',
    "businessId=' OR 1=1 --".replaceAll(' ', '%20'),
    'businessId=%00',
    'order=createdAt',
    'cursor=x',
    'cursor=',
    `cursor=${'x'.repeat(129)}`,
    `cursor=${b64('2026-01-01T00:00:00.000Z')}`,
    `cursor=${b64(`2026-01-01 ${randomUUID()}`)}`,
    `cursor=${b64(`2026-13-01T00:00:00.000Z ${randomUUID()}`)}`,
    `cursor=${b64(`infinity ${randomUUID()}`)}`,
    `cursor=${b64(`-000001-01-01T00:00:00.000Z ${randomUUID()}`)}`,
    `cursor=${b64(`0000-01-01T00:00:00.000Z ${randomUUID()}`)}`,
    `cursor=${b64(`+010000-01-01T00:00:00.000Z ${randomUUID()}`)}`,
    `cursor=${b64(`+275760-09-13T00:00:00.000Z ${randomUUID()}`)}`,
    `cursor=${b64(`2026-01-01T00:00:00.000Z ' OR 1=1`)}`,
  ])('of conversations: %s', async (query) => {
    expect((await get(`/api/conversations?${query}`)).status).toBe(400);
  });

  test('and a cursor of the first and the last year is one', async () => {
    for (const year of ['1000', '9999']) {
      const cursor = b64(`${year}-01-01T00:00:00.000Z ${randomUUID()}`);
      expect((await get(`/api/conversations?cursor=${cursor}`)).status).toBe(200);
    }
  });
});

describe('a cursor that nobody was given is refused, or means to begin anew', () => {
  afterAll(unharmed);

  const numbers = ['0', '2147483647', '2147483648', '999999999999999', '9007199254740993', '-1'];
  test.each(['c', 'u', 'x'])('of the kind %s', async (kind) => {
    const epoch = await epochOf(target);
    const texts = numbers.flatMap((first) =>
      numbers.flatMap((second) =>
        ['', '.deadbeef', '.x'].map((hash) => `${kind}.${epoch}.${first}.${second}${hash}`),
      ),
    );
    const named = `&conversationId=${target.conversationId}`;
    const queries = texts.flatMap((text) => [`after=${b64(text)}`, `after=${b64(text)}${named}`]);
    const peer = await Peer.connect(target.port);
    const check = (query: string) =>
      request('GET', `/api/connection-check?${query}`, ['Host: x', authorization]);
    peer.write(Buffer.concat(queries.map(check)));
    const good: string[] = [];
    for (const query of queries) {
      const { status } = await peer.answer();
      expect([204, 400]).toContain(status);
      if (status === 204) good.push(query);
    }
    peer.destroy();
    expect(good.length > 0).toBe(kind !== 'x');
    for (const query of good) await expectOpened(query);
  });

  /** With `ready` first, or closed for a cursor of the other kind. */
  async function expectOpened(query: string): Promise<void> {
    const peer = await Peer.connect(target.port);
    peer.write(request('GET', `/ws?${query}`, [...UPGRADE, authorization]));
    expect((await peer.answer()).status).toBe(101);
    const first = await peer.text();
    expect([first.type, first.code]).toEqual(
      first.type === 'ready' ? ['ready', undefined] : ['error', 'bad_cursor'],
    );
    if (first.type === 'ready') {
      peer.write(json({ type: 'ping', id: 'opened' }));
      await peer.text(({ type, code }) => {
        expect(code).toBeUndefined();
        return type === 'pong';
      });
    }
    peer.destroy();
  }
});

describe('a body that is no proper JSON is refused', () => {
  afterAll(unharmed);

  const sane = JSON.stringify({ body: CANARY });
  test.each<[string, number, string | Buffer]>([
    ['nothing', 400, ''],
    ['half of it', 400, sane.slice(0, -1)],
    ['text behind it', 400, `${sane}x`],
    ['a byte order mark and rubbish', 400, `\ufeff{${CANARY}`],
    ['UTF-16', 400, Buffer.from(sane, 'utf16le')],
    ['null', 400, 'null'],
    ['a list', 400, `[${sane}]`],
    ['text', 400, '"x"'],
    ['a number', 400, '7'],
    ['a prototype', 400, '{"body":"x","__proto__":{"role":"AGENT"}}'],
    ['a prototype in disguise', 400, '{"body":"x","\\u005f_proto__":{"role":"AGENT"}}'],
    ['a prototype deeper down', 400, '{"body":{"__proto__":{"a":1}}}'],
    ['a constructor', 400, '{"body":"x","constructor":{"prototype":{"a":1}}}'],
    ['keys twice, the last of which is wrong', 400, '{"body":"x","body":{}}'],
    ['lists 30,000 deep', 400, `{"body":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['objects 10,000 deep', 400, `{"body":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
    ['10,000 lists that do not end', 400, '['.repeat(10_000)],
    ['a huge number', 400, '{"body":"x","replyTo":1e400}'],
    ['a number of 20,000 digits', 400, `{"body":"x","replyTo":${'9'.repeat(20_000)}}`],
    ['half a surrogate pair', 400, '{"body":"\\ud800"}'],
    ['a NUL', 400, '{"body":"a\\u0000"}'],
    ['a body of another kind', 400, '{"body":["x"]}'],
    ['only spaces', 400, '{"body":" \\u00a0\\u2003\\ufeff"}'],
    ['one byte too many', 413, JSON.stringify({ body: 'x'.repeat(16_385) })],
    ['100 kB', 413, JSON.stringify({ body: 'x'.repeat(100_000) })],
    ...[
      'senderId',
      'seq',
      'changeSeq',
      'id',
      'createdAt',
      'role',
      'tenantId',
      'kind',
      'sender',
      'conversationId',
      'requestHash',
      'deletedAt',
    ].map((name): [string, number, string] => [
      `its own ${name}`,
      400,
      `{"body":"x","${name}":"1"}`,
    ]),
  ])('%s', async (_what, status, body) => {
    const answer = await send('POST', messages, body);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain(CANARY);
    // Never stored by the other ways either; on an edit it would be another's row.
    expect((await send('PATCH', `${messages}/1`, body)).status).toBeLessThan(500);
    expect((await send('POST', '/api/conversations', body)).status).toBeLessThan(500);
    expect((await send('POST', '/api/auth/login', body)).status).toBeLessThan(500);
    expect((await send('POST', '/api/widget/session', body)).status).toBeLessThan(500);
    const uplink = `/frames?connection=${'c'.repeat(32)}&conversationId=${target.conversationId}`;
    const posted = await send('POST', uplink, body);
    expect(posted.status === 200 ? posted.body : 'refused').toMatch(/bad_frame|refused/);
  });

  test.each<[string, readonly string[], number]>([
    ['no type', [], 415],
    ['an empty type', ['Content-Type: '], 415],
    ['text', ['Content-Type: text/plain'], 415],
    ['a form', ['Content-Type: application/x-www-form-urlencoded'], 415],
    ['parts', ['Content-Type: multipart/form-data; boundary=x'], 415],
    ['XML', ['Content-Type: application/xml'], 415],
    ['a list of types', ['Content-Type: application/json, text/plain'], 415],
    ['a longer name', ['Content-Type: application/jsonp'], 415],
    ['a tab within the name', ['Content-Type: application/json\ta'], 415],
    ['a name within another', ['Content-Type: text/application/json'], 415],
    ['compression', [JSON_TYPE, 'Content-Encoding: gzip'], 415],
    ['two compressions', [JSON_TYPE, 'Content-Encoding: identity, gzip'], 415],
    ['an expectation that nobody meets', [JSON_TYPE, 'Expect: 200-maybe'], 417],
  ])('%s', async (_what, headers, status) => {
    const answer = await ask(target.port, 'POST', messages, [authorization, ...headers], sane);
    expect(answer.status).toBe(status);
  });

  test.each([
    'Content-Type: application/json;charset=utf-8',
    'Content-Type:\tapplication/json\t;a=b',
    'Content-Type: APPLICATION/JSON',
  ])('but the same checks for what is said to be JSON in another way: %s', async (header) => {
    const unknown = JSON.stringify({ body: CANARY, senderId: 'x' });
    const answer = await ask(target.port, 'POST', messages, [authorization, header], unknown);
    expect([400, 415]).toContain(answer.status);
  });
});

describe('what is of others is refused exactly as what is not there', () => {
  afterAll(unharmed);

  const uses: [string, (id: string) => [string, string, object?]][] = [
    ['read a conversation', (id) => ['GET', `/api/conversations/${id}`]],
    ['read its messages', (id) => ['GET', `/api/conversations/${id}/messages`]],
    ['read one of them', (id) => ['GET', `/api/conversations/${id}/messages/2`]],
    ['send', (id) => ['POST', `/api/conversations/${id}/messages`, { body: CANARY }]],
    ['edit', (id) => ['PATCH', `/api/conversations/${id}/messages/2`, { body: CANARY }]],
    ['delete', (id) => ['DELETE', `/api/conversations/${id}/messages/2`]],
    ['close', (id) => ['PATCH', `/api/conversations/${id}`, { status: 'resolved' }]],
    ['mark as read', (id) => ['POST', `/api/conversations/${id}/read`, { seq: 1 }]],
    [
      'send by the uplink',
      (id) => ['POST', uplink, { type: 'message', conversationId: id, body: CANARY }],
    ],
    ['type by the uplink', (id) => ['POST', uplink, { type: 'typing', conversationId: id }]],
    ['read by the uplink', (id) => ['POST', uplink, { type: 'read', conversationId: id, seq: 1 }]],
    [
      'sync by the uplink',
      (id) => ['POST', uplink, { type: 'sync', conversations: [{ id, after: 0 }] }],
    ],
  ];
  const uplink = `/frames?connection=${'d'.repeat(32)}`;

  test.each(uses)(
    'to %s, by a stranger and by somebody of another business',
    async (_what, use) => {
      const compared = async (token: string, id: string) => {
        const [method, path, body] = use(id);
        const headers = [`Authorization: Bearer ${token}`, ...(body ? [JSON_TYPE] : [])];
        const answer = await ask(target.port, method, path, headers, body && JSON.stringify(body));
        return comparable(answer, id);
      };
      for (const { token } of [target.stranger, target.agent, target.customer]) {
        const unknown = await compared(token, randomUUID());
        expect(unknown.body).toContain('not_found');
        expect(await compared(token, target.foreignId)).toEqual(unknown);
      }
    },
  );

  test('with a connection of somebody else', async () => {
    const peer = await Peer.connect(target.port);
    peer.write(request('GET', `/sse?token=${target.agent.token}`, ['Host: x']));
    let text = '';
    while (!text.includes('connectionId')) text += (await peer.chunk()).toString();
    const connection = /"connectionId":"([0-9a-f]{32})"/.exec(text)?.[1] as string;
    const use = async (id: string) => {
      const answer = await send(
        'POST',
        `/frames?connection=${id}`,
        '{"type":"status","status":"away"}',
      );
      return {
        status: answer.status,
        polled: (await get(`/poll?connection=${id}&after=0`)).status,
      };
    };
    expect(await use(connection)).toEqual({ status: 404, polled: 404 });
    peer.destroy();
  });
});

describe('among other things', () => {
  afterAll(unharmed);

  test('a stream and a poll with nothing but a cookie are refused', async () => {
    const cookie = [`Cookie: token=${target.customer.token}`];
    expect((await get('/sse', cookie)).status).toBe(401);
    expect((await get(`/poll?connection=${'e'.repeat(32)}`, cookie)).status).toBe(401);
    expect((await get('/api/me', cookie)).status).toBe(401);
  });

  test('a HEAD of a stream or a poll opens neither', async () => {
    for (const path of ['/sse', `/poll?connection=${'e'.repeat(32)}`, '/api/me', '/ws']) {
      const peer = await Peer.connect(target.port);
      peer.write(request('HEAD', path, ['Host: x', authorization, 'Connection: close']));
      const { status } = await peer.answer(true);
      expect(status).toBe(path === '/api/me' ? 200 : path === '/ws' ? 426 : 404);
      await peer.ended;
    }
  });

  test('a clientId that every object has is as good as any other', async () => {
    const ids = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '-'];
    for (const clientId of ids) {
      const body = JSON.stringify({ body: `by ${clientId}`, clientId });
      const first = await send('POST', messages, body);
      const again = await send('POST', messages, body);
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(JSON.parse(again.body).seq).toBe(JSON.parse(first.body).seq);
    }
    await target.settle();
  });

  test('what is hostile to readers is stored and shown to the letter', async () => {
    const bodies = [
      '<img src=x onerror=alert(1)>',
      '</script><script>alert(1)</script>',
      '[x](javascript:alert(1))',
      'data:text/html;base64,PHNjcmlwdD4=',
      '\u202egnp.exe\u202c',
      `e${'\u0301'.repeat(8_000)}`,
      '\ufeff\u200b\u2028\u2029\u0085',
      '\'; DROP TABLE "Message"; --',
      '{{7*7}} %s %n $1 \\0 \\u0000',
      '\u0001\u0007\u001b[2J\r\nSet-Cookie: a=b\r\n\r\n',
      '\uffff\ufffe\u{10ffff}',
      '{"type":"message"}\n\ndata: {"type":"ready"}\nid: 9',
    ];
    const socket = await target.connect();
    const stream = await Peer.connect(target.port);
    stream.write(
      request('GET', `/sse?conversationId=${target.conversationId}`, ['Host: x', authorization]),
    );
    let events = '';
    const told = async (word: string) => {
      while (!events.includes(word)) events += (await stream.chunk()).toString();
    };
    await told('"type":"ready"');
    for (const body of bodies) {
      const sent = await send('POST', messages, JSON.stringify({ body }));
      expect(sent.status).toBe(201);
      const { seq } = JSON.parse(sent.body) as { seq: number };
      expect(await socket.text((frame) => frame.seq === seq)).toMatchObject({ body });
      const shown = await get(`${messages}/${seq}`);
      expect(JSON.parse(shown.body)).toMatchObject({ body });
    }
    socket.write(json({ type: 'message', id: 'last', body: 'the last' }));
    await told('the last');
    const shown = events
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as { type: string; body?: string })
      .filter(({ type }) => type === 'message')
      .map(({ body }) => body);
    expect(shown).toEqual([...bodies, 'the last']);
    socket.destroy();
    stream.destroy();
    await target.settle();
  });
});

async function epochOf({ port, customer }: Target): Promise<string> {
  const { body } = await ask(port, 'GET', `/poll?connection=${'f'.repeat(32)}`, [
    `Authorization: Bearer ${customer.token}`,
  ]);
  const { cursor } = JSON.parse(body) as { cursor: string };
  return Buffer.from(cursor, 'base64url').toString().split('.')[1] as string;
}

/** Whole, but for what is of each request and each moment, and the id that was asked for. */
function comparable({ status, headers, body }: Answer, id: string) {
  const {
    date,
    'x-request-id': _id,
    'x-ratelimit-remaining': _rest,
    'x-ratelimit-reset': _reset,
    ...others
  } = headers;
  const text = body.replaceAll(id, 'ID').replace(/"requestId":"[^"]+"/, '');
  return { status, headers: others, body: text, isDated: date !== undefined };
}
