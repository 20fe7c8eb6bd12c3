import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { loggerOptions, redactUrl } from '../../src/platform/logger.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, TEST_SECRET, type TestNode } from '../support/node.js';
import {
  createBusiness,
  meet,
  openSupport,
  type Person,
  platformToken,
} from '../support/people.js';
import { connect, refusal } from '../support/socket.js';

const BODY = 'the body of a message that nobody should find in a log';

const BREAK = 'ALTER TABLE "Message" RENAME COLUMN "requestHash" TO "gone"';
const MEND = 'ALTER TABLE "Message" RENAME COLUMN "gone" TO "requestHash"';

let database: TestDatabase;
let node: TestNode;
let customer: Person;
let conversation: string;
let lines: string[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  const log = pino(loggerOptions('trace'), { write: (line) => void lines.push(line) });
  node = await startNode({ databaseUrl: database.url, log });
  customer = await meet(node.url, { email: 'amara@private.example' });
  const business = await createBusiness(node.database);
  conversation = (await openSupport(node.url, customer, business)).id;
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

/** What is logged while something is done. */
async function logged(action: () => Promise<unknown>): Promise<string> {
  lines = [];
  await action();
  return lines.join('');
}

const path = () => `/api/conversations/${conversation}/messages`;

describe('never in the log are', () => {
  test.each(['token', 'ticket', 'access_token', 'TOKEN'])(
    'the value of ?%s=',
    async (parameter) => {
      const { token } = customer;
      const log = await logged(() => api(node.url).get(`/api/me?${parameter}=${token}&limit=1`));
      expect(log).toContain(`/api/me?${parameter}=[redacted]&limit=1`);
      expect(log).not.toContain(token.split('.')[2]);
    },
  );

  test('the value of a parameter whose name is written in another way', async () => {
    const { token } = customer;
    const log = await logged(() => api(node.url).get(`/api/me?%74oken=${token}`));
    expect(log).toContain('/api/me');
    expect(log).not.toContain(token.split('.')[2]);
  });

  test('the token of a socket, accepted or refused, in its address or among its protocols', async () => {
    const expired = platformToken({ sub: 'late', exp: 1 });
    const protocol = `bearer.${Buffer.from(customer.token).toString('base64url')}`;
    const log = await logged(async () => {
      await (await connect(node.url, { token: customer.token })).close();
      await (await connect(node.url, { protocols: ['chat.v1', protocol] })).close();
      await refusal(node.url, { token: expired });
      await refusal(node.url, { query: { ticket: 'a-ticket-of-somebody' } });
    });
    expect(log).toContain('/ws');
    for (const secret of [customer.token, expired, protocol, 'a-ticket-of-somebody']) {
      expect(log).not.toContain(secret);
    }
  });

  test('bearer headers, passwords and tickets', async () => {
    const log = await logged(async () => {
      const { body } = await api(node.url, customer.token).post('/api/auth/ticket');
      await api(node.url).post('/api/auth/login', {
        email: 'amara@private.example',
        password: 'hunter2-hunter2',
      });
      expect(lines.join('')).not.toContain(body.ticket);
    });
    expect(log).toContain('/api/auth/login');
    expect(log).not.toContain(customer.token);
    expect(log).not.toContain('hunter2');
    expect(log).not.toContain('amara@private.example');
  });

  test('any credential in any place, accepted, wrong or met with a failure, at any level', async () => {
    const claims = { sub: 'redacted', iat: Math.floor(Date.now() / 1_000) - 60 };
    const good = platformToken(claims);
    const forged = platformToken(claims, 'another secret of at least thirty-two bytes');
    const expired = platformToken({ ...claims, exp: 1 });
    const { body } = await api(node.url, good).post('/api/auth/ticket');
    const login = async (password: string) =>
      api(node.url).post('/api/auth/login', { email: 'nobody@kiln.test', password });
    const everywhere = async (credential: string) => {
      const protocols = ['chat.v1', `bearer.${Buffer.from(credential).toString('base64url')}`];
      for (const path of [
        '/api/me',
        '/sse',
        '/frames',
        '/api/connection-check',
        '/nowhere',
        '/%zz',
      ])
        for (const name of ['token', 'ticket', 'access_token']) {
          const url = `${node.url}${path}?${name}=${encodeURIComponent(credential)}&after=x`;
          await (await fetch(url, { headers: { referer: url, cookie: credential } })).text();
          await (await fetch(`${url}&${name}=${credential}`, { method: 'POST' })).text();
        }
      await fetch(`${node.url}/api/me`, { headers: { authorization: `Bearer ${credential}` } });
      await fetch(`${node.url}/api/me`, { headers: { authorization: `Basic ${credential}` } });
      await refusal(node.url, { protocols, query: { conversationId: 'x' } });
      await refusal(node.url, { token: credential, query: { after: 'x' } });
    };
    const socket = await connect(node.url, { token: good });
    const log = await logged(async () => {
      for (const credential of [good, forged, expired, body.ticket]) await everywhere(credential);
      for (const token of [good, forged, expired]) socket.send({ type: 'auth', token });
      for (const name of ['tokn', 'ticket']) socket.send({ type: 'auth', [name]: good });
      socket.raw.send(`{"type":"auth","token":"${good}`);
      await socket.closed;
      await login('hunter2-hunter2');
      await node.database.pool.query('ALTER TABLE "User" RENAME COLUMN "externalId" TO "gone"');
      const failing = platformToken({ ...claims, sub: 'failing' });
      for (const name of ['token', 'access_token'])
        await fetch(`${node.url}/sse?${name}=${failing}`).then((answer) => answer.text());
      await refusal(node.url, { token: failing });
      expect((await api(node.url, failing).get('/api/me')).status).toBe(500);
      await node.database.pool.query('ALTER TABLE "User" RENAME COLUMN "gone" TO "externalId"');
      expect(lines.join('')).not.toContain(failing.split('.')[2]);
    });
    expect(log.split('\n').length).toBeGreaterThan(100);
    for (const credential of [good, forged, expired])
      for (const part of [credential, ...credential.split('.').slice(1)])
        for (const written of [part, Buffer.from(part).toString('base64url')])
          expect(log).not.toContain(written);
    for (const secret of [body.ticket, 'hunter2', TEST_SECRET]) expect(log).not.toContain(secret);
  });

  test('bodies of messages, sent, refused or malformed', async () => {
    const send = (body: object) => api(node.url, customer.token).post(path(), body);
    const log = await logged(async () => {
      await send({ body: BODY });
      await send({ body: `${BODY}\u0000` });
      await send({ body: BODY, unknown: BODY });
      await send({ text: BODY });
    });
    expect(log).toContain(path());
    expect(log).not.toContain(BODY);
  });

  test('bodies of messages of which the database complains', async () => {
    await node.database.pool.query(BREAK);
    const log = await logged(async () => {
      const answer = await api(node.url, customer.token).post(path(), { body: BODY });
      expect(answer.body).toMatchObject({ status: 500, code: 'internal' });
    });
    await node.database.pool.query(MEND);
    expect(log).toContain('does not exist');
    expect(log).not.toContain(BODY);
  });
});

describe('in the log are', () => {
  const parsed = (log: string) =>
    log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('one line for each request: method, address, status, time and id', async () => {
    const log = await logged(() => api(node.url, customer.token).get('/api/me'));
    expect(parsed(log)).toEqual([
      expect.objectContaining({
        level: 30,
        method: 'GET',
        url: '/api/me',
        status: 200,
        ms: expect.any(Number),
        reqId: expect.any(String),
        msg: 'request',
      }),
    ]);
  });

  test('requests for health and files, but for debugging only', async () => {
    const log = await logged(() => api(node.url).get('/health'));
    expect(parsed(log)).toMatchObject([{ level: 20, url: '/health' }]);
  });

  test('refusals by the code that the caller was given, at the level of the code', async () => {
    let id = '';
    const log = await logged(async () => {
      id = (await api(node.url).get('/api/me')).body.requestId;
    });
    expect(parsed(log)[0]).toMatchObject({
      level: 30,
      reqId: id,
      code: 'unauthorized',
      msg: 'request refused',
    });
  });

  test('failures of our own in full, under the id that the caller was given', async () => {
    await node.database.pool.query(BREAK);
    let id = '';
    const log = await logged(async () => {
      const answer = await api(node.url, customer.token).post(path(), { body: 'Hello' });
      id = answer.body.requestId;
    });
    await node.database.pool.query(MEND);
    const [failure] = parsed(log).filter(({ level }) => level === 50);
    expect(failure).toMatchObject({ reqId: id, code: 'internal' });
    expect(failure.err.stack).toContain('does not exist');
  });
});

test('an address loses its credentials and nothing else', () => {
  expect(redactUrl('/ws?token=a.b.c&conversationId=1&after=9')).toBe(
    '/ws?token=[redacted]&conversationId=1&after=[redacted]',
  );
  expect(redactUrl('/api/me')).toBe('/api/me');
});

test.each([
  '/ws#token=secret',
  '/ws;token=secret',
  '/ws%3Ftoken=secret',
  '/ws?token=#secret',
  '/ws?token=?secret',
  '/ws?token=a;secret',
  '/ws?token[]=secret',
  '/ws?secret',
  '/ws?a=%26token=secret',
  '/ws?limit=1 secret',
])('of %s as well, which is no usual way to write one', (address) => {
  expect(redactUrl(address)).not.toContain('secret');
});

test('what is logged of a raw request is its method, address and caller', () => {
  const written: string[] = [];
  const log = pino(loggerOptions('info'), { write: (line) => void written.push(line) });
  const request = {
    method: 'GET',
    url: '/ws?token=secret',
    ip: '::1',
    headers: { authorization: 'x' },
  };
  log.info({ req: request, login: { password: 'secret', token: 'secret' } });
  expect(JSON.parse(written[0] ?? '')).toMatchObject({
    req: { method: 'GET', url: '/ws?token=[redacted]', ip: '::1' },
    login: { password: '[redacted]', token: '[redacted]' },
  });
  expect(written[0]).not.toContain('authorization');
});
