import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import { meet } from '../support/people.js';
import { isolateRedis } from '../support/redis.js';

const SHOP = 'https://shop.example';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let database: TestDatabase;
let node: TestNode;
const more: TestNode[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url, env: { CORS_ORIGIN: SHOP } });
});

afterAll(async () => {
  for (const one of [node, ...more]) await one.stop();
  await database.drop();
});

async function another(env: Record<string, string>): Promise<TestNode> {
  const made = await startNode({ databaseUrl: database.url, env });
  more.push(made);
  return made;
}

describe('a refusal', () => {
  test.each([
    ['an unknown address', '/api/nothing', 404, 'not_found'],
    ['a caller who is nobody', '/api/me', 401, 'unauthorized'],
    ['a query that is wrong', '/api/widget/config', 400, 'bad_request'],
    ['an address that cannot be decoded', '/api/%zz', 400, 'bad_request'],
    ['an address beyond any length', `/api/conversations/${'a'.repeat(900)}`, 400, 'bad_request'],
  ])('of %s is a problem document', async (_name, path, status, code) => {
    const answer = await api(node.url).get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      code,
      detail: expect.any(String),
      requestId: expect.stringMatching(UUID),
    });
  });

  test('says what was wrong without repeating what was sent', async () => {
    const answer = await api(node.url).post('/api/auth/login', {
      email: 'a@b.example',
      password: ['hunter2'],
    });
    expect(answer.body.detail).toContain('`password`');
    expect(answer.text).not.toContain('hunter2');
  });

  test('of a method is the same as of an unknown address', async () => {
    const answer = await supertest(node.url).put('/api/me');
    expect(answer.body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('of a failure on our side shows nothing of it', async () => {
    const broken = await startNode({ databaseUrl: database.url });
    const { token } = await meet(broken.url);
    await broken.database.close();
    const answer = await api(broken.url, token).get('/api/me');
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.body).toMatchObject({ code: expect.stringMatching(/^(internal|unavailable)$/) });
    expect(answer.text).not.toMatch(/prisma|pool|postgres|select/i);
    await broken.app.drain();
  });
});

describe('every answer', () => {
  test('carries the id of its request, which a caller cannot choose', async () => {
    const answer = await supertest(node.url).get('/api/me').set('x-request-id', 'mine');
    expect(answer.headers['x-request-id']).toMatch(UUID);
    expect(answer.headers['x-request-id']).toBe(answer.body.requestId);
  });

  test.each(['/api/me', '/ws'])(
    'of %s allows nothing to be run, framed or guessed',
    async (path) => {
      const { headers } = await api(node.url).get(path);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    },
  );

  test('in production asks browsers to come by TLS only', async () => {
    const { url } = await another({ NODE_ENV: 'production' });
    const { headers } = await api(url).get('/api/me');
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d+/);
  });
});

describe('pages of other origins', () => {
  const ask = (origin: string, method: 'get' | 'options' = 'get') =>
    supertest(node.url)
      [method]('/api/me')
      .set({ origin, 'access-control-request-method': 'PATCH' });

  test.each([
    'https://evil.example',
    `${SHOP}.evil.example`,
    'http://shop.example',
    'https://shop.example:8443',
    'null',
  ])('such as %s read nothing', async (origin) => {
    for (const method of ['get', 'options'] as const) {
      const { headers } = await ask(origin, method);
      expect(headers['access-control-allow-origin']).not.toBe(origin);
      expect(headers['access-control-allow-origin']).not.toBe('*');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  test('that are allowed read the answer, its id and when to come back', async () => {
    const { headers } = await ask(SHOP);
    expect(headers['access-control-allow-origin']).toBe(SHOP);
    expect(headers['access-control-expose-headers']).toBe('retry-after, x-request-id');
    expect(headers.vary).toContain('Origin');
    const preflight = await ask(SHOP, 'options');
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST, PATCH, DELETE');
  });

  test('without a list of them there are none', async () => {
    const { url } = await another({});
    const { headers } = await supertest(url).get('/api/me').set('origin', SHOP);
    expect(headers['access-control-allow-origin']).not.toBe(SHOP);
  });
});

describe('limits', () => {
  const login = (url: string, forwarded = '') =>
    supertest(url)
      .post('/api/auth/login')
      .set(forwarded ? { 'x-forwarded-for': forwarded } : {})
      .send({ email: 'a@b.example', password: 'wrong' });

  test('a login too many is refused, with the time after which to try again', async () => {
    const { url } = await another({ LIMIT_LOGINS_PER_MINUTE: '2' });
    const answers = [await login(url), await login(url), await login(url)];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(answers[2]?.body).toMatchObject({ code: 'rate_limited', status: 429 });
    const retryAfter = Number(answers[2]?.headers['retry-after']);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });

  test('visitors too many are refused', async () => {
    const { url } = await another({ LIMIT_VISITORS_PER_MINUTE: '1' });
    const visit = () =>
      api(url).post('/api/widget/session', { widgetKey: 'none', visitorKey: 'x' });
    expect([(await visit()).status, (await visit()).status]).toEqual([400, 429]);
  });

  test('a forged X-Forwarded-For does not make another caller', async () => {
    const { url } = await another({ LIMIT_LOGINS_PER_MINUTE: '2' });
    const answers = [];
    for (let n = 1; n <= 3; n += 1) answers.push(await login(url, `203.0.113.${n}`));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
  });

  test.each(['1', '127.0.0.0/8'])(
    'behind a trusted proxy (%s) callers are told apart by the address that it saw',
    async (TRUST_PROXY) => {
      const { url } = await another({ LIMIT_LOGINS_PER_MINUTE: '1', TRUST_PROXY });
      expect((await login(url, '203.0.113.1')).status).toBe(401);
      expect((await login(url, '203.0.113.2')).status).toBe(401);
      expect((await login(url, '198.51.100.7, 203.0.113.1')).status).toBe(429);
    },
  );

  test('all nodes count together where they share a Redis', async () => {
    const redis = await isolateRedis();
    const env = { LIMIT_LOGINS_PER_MINUTE: '2' };
    const nodes = [
      await startNode({ databaseUrl: database.url, redis, env }),
      await startNode({ databaseUrl: database.url, redis, env }),
    ] as const;
    more.push(...nodes);
    const [one, other] = nodes;
    const answers = [await login(one.url), await login(other.url), await login(one.url)];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
  });

  test('a request too many is refused on REST, while pages and health are never counted', async () => {
    const { url } = await another({ LIMIT_REQUESTS_PER_MINUTE: '3' });
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await api(url).get('/api/me')).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect((await api(url).get('/api/me')).headers['retry-after']).toEqual(expect.any(String));
    for (let n = 0; n < 5; n += 1) expect((await api(url).get('/health')).status).toBe(200);
  });
});

describe('health and reference', () => {
  test('a node says that it lives and that it is ready', async () => {
    expect((await api(node.url).get('/health')).body).toMatchObject({ status: 'ok' });
    expect((await api(node.url).get('/health/ready')).body).toEqual({ status: 'ready' });
  });

  test('the reference describes every route by its schemas, and no page', async () => {
    const { body } = await api(node.url).get('/api/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/api/auth/login',
        '/api/auth/ticket',
        '/api/conversations/{id}/messages/{seq}',
        '/api/widget/session',
      ]),
    );
    expect(Object.keys(body.paths).filter((path) => !path.startsWith('/api/'))).toEqual([]);
    const login = body.paths['/api/auth/login'].post.requestBody.content['application/json'];
    expect(login.schema).toMatchObject({ additionalProperties: false });
  });

  test('the reference can be browsed, with a policy that allows nothing unsafe', async () => {
    const answer = await api(node.url).get('/api/docs/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    const policy = answer.headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe-');
    expect(policy).not.toContain('upgrade-insecure-requests');
    for (const [, file] of answer.text.matchAll(/(?:src|href)="\.?\/?(static\/[^"]+)"/g)) {
      expect((await api(node.url).get(`/api/docs/${file}`)).status).toBe(200);
    }
  });
});
