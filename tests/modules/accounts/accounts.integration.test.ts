import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import {
  createAccountsRepository,
  hashPassword,
  OWN_ISSUER,
} from '../../../src/modules/accounts/index.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { createKey, signWith, startIssuer } from '../../support/issuer.js';
import { startNode, type TestNode } from '../../support/node.js';
import { createBusiness, meet, platformToken } from '../../support/people.js';
import { connect, refusal } from '../../support/socket.js';

let database: TestDatabase;
let node: TestNode;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

const nobody = () => api(node.url);

async function createAccount(email: string, password: string): Promise<string> {
  const { prisma } = node.database;
  const data = { issuer: OWN_ISSUER, externalId: email, name: 'Maya Lindqvist', email };
  const { id } = await prisma.user.create({ data });
  const passwordHash = await hashPassword(password);
  await prisma.account.create({ data: { userId: id, email, passwordHash } });
  return id;
}

describe('signing in', () => {
  const login = (email: unknown, password: unknown) =>
    nobody().post('/api/auth/login', { email, password });

  test('a wrong password and an unknown address get the same answer', async () => {
    await createAccount('known@kiln.test', 'right');
    const [wrong, unknown] = [
      await login('known@kiln.test', 'wrong'),
      await login('unknown@kiln.test', 'right'),
    ];
    expect(wrong.status).toBe(401);
    expect(wrong.body).toMatchObject({ code: 'login_failed' });
    expect({ ...wrong.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    expect(Object.keys(wrong.headers).sort()).toEqual(Object.keys(unknown.headers).sort());
  });

  test.each([
    [undefined, 'right'],
    ['known@kiln.test', undefined],
    ['', 'right'],
    ['known@kiln.test', ''],
    [['known@kiln.test'], 'right'],
    [{ not: '' }, 'right'],
    ['nul\u0000@kiln.test', 'right'],
    ['a'.repeat(321), 'right'],
    ['known@kiln.test', 'p'.repeat(1_025)],
  ])('%j with %j is no login', async (email, password) => {
    expect((await login(email, password)).body).toMatchObject({ status: 400, code: 'bad_request' });
  });

  test('the right password gives a token that names the person', async () => {
    const id = await createAccount('maya@kiln.test', 'right');
    const answer = await login('  Maya@Kiln.test ', 'right');
    expect(answer.status).toBe(200);
    expect(answer.body.user).toEqual({
      id,
      name: 'Maya Lindqvist',
      role: 'CUSTOMER',
      avatar: null,
      email: 'maya@kiln.test',
      businesses: [],
    });
    expect(Date.parse(answer.body.expiresAt)).toBeGreaterThan(Date.now() + 11 * 3_600_000);
    const me = await api(node.url, answer.body.token).get('/api/me');
    expect(me.body).toEqual(answer.body.user);
  });
});

describe('who a token names', () => {
  test('without a token, or with one that is none, nothing is shown', async () => {
    expect((await nobody().get('/api/me')).body).toMatchObject({ code: 'unauthorized' });
    expect((await api(node.url, 'x.y.z').get('/api/me')).body).toMatchObject({
      code: 'unauthorized',
    });
  });

  test('an expired token is told apart, so that a client asks for a new one', async () => {
    const expired = platformToken({ sub: 'late', exp: Math.floor(Date.now() / 1_000) - 31 });
    const answer = await api(node.url, expired).get('/api/me');
    expect(answer.body).toMatchObject({ status: 401, code: 'token_expired' });
    expect(await node.database.prisma.user.count({ where: { externalId: 'late' } })).toBe(0);
  });

  test('a token of our own that names nobody is refused and makes nobody', async () => {
    const own = platformToken({ iss: OWN_ISSUER, sub: 'visitor:forged' });
    expect((await api(node.url, own).get('/api/me')).status).toBe(401);
    const made = { where: { externalId: 'visitor:forged' } };
    expect(await node.database.prisma.user.count(made)).toBe(0);
  });

  test('a token whose user has been removed is refused', async () => {
    const { id, token } = await meet(node.url);
    await node.database.prisma.user.delete({ where: { id } });
    expect((await api(node.url, token).get('/api/me')).body).toMatchObject({
      code: 'unauthorized',
    });
  });

  test('first sight of a subject, raced by twenty requests, makes one user', async () => {
    const sub = randomUUID();
    const raced = Array.from({ length: 20 }, (_, n) =>
      // Tokens that differ, so that no cache joins the requests.
      api(node.url, platformToken({ sub, name: 'Amara', n, email: `a${n}@b.example` })).get(
        '/api/me',
      ),
    );
    const ids = new Set((await Promise.all(raced)).map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    expect(await node.database.prisma.user.count({ where: { externalId: sub } })).toBe(1);
  });

  test('the same subject of two issuers is two people', async () => {
    const sub = randomUUID();
    const [one, other] = [
      await meet(node.url, { sub, iss: 'https://one.example' }),
      await meet(node.url, { sub, iss: 'https://other.example' }),
    ];
    expect(one.id).not.toBe(other.id);
  });

  test('a later token brings the profile up to date and takes nothing that it does not name', async () => {
    const sub = randomUUID();
    const first = { sub, name: 'Amara', email: 'amara@b.example', avatar: 'https://b.example/a' };
    await meet(node.url, first);
    const { token } = await meet(node.url, { sub, name: 'Amara Osei' });
    expect((await api(node.url, token).get('/api/me')).body).toMatchObject({
      name: 'Amara Osei',
      email: 'amara@b.example',
      avatar: 'https://b.example/a',
    });
  });

  test('who has no name is called by their subject', async () => {
    const sub = randomUUID();
    const { token } = await meet(node.url, { sub, name: undefined });
    expect((await api(node.url, token).get('/api/me')).body.name).toBe(sub);
  });
});

describe('somebody who has been here before', () => {
  const visit = async (url: string, token: string) =>
    (await api(url, token).get('/api/me')).body as { id: string; name: string };
  /** Changes with every write of the row. */
  const version = async (id: string) => {
    const rows = await node.database.prisma.$queryRaw<{ version: string }[]>`
      SELECT "xmin"::text AS "version" FROM "User" WHERE "id" = ${id}::uuid`;
    return rows[0]?.version;
  };

  test('comes back without a write, and with one when the token says something new', async () => {
    const sub = randomUUID();
    const { id } = await meet(node.url, { sub, name: 'Ada' });
    const before = await version(id);
    // A node that remembers nobody.
    const other = await startNode({ databaseUrl: database.url });
    await visit(other.url, platformToken({ sub, name: 'Ada' }));
    expect(await version(id)).toBe(before);
    await visit(other.url, platformToken({ sub, name: 'Ada', email: 'ada@kiln.test' }));
    expect(await version(id)).not.toBe(before);
    await other.stop();
  });

  test('is told apart from all who are asked for together, known or not', async () => {
    const subjects = [randomUUID(), randomUUID(), randomUUID()];
    const ada = await meet(node.url, { sub: subjects[0] });
    const bo = await meet(node.url, { sub: subjects[2] });
    const { findKnown } = createAccountsRepository(node.database);
    const found = await findKnown(subjects.map((subject) => ({ issuer: '', subject })));
    expect(found.map((user) => user?.id)).toEqual([ada.id, undefined, bo.id]);
  });
});

describe('business roles follow the claims', () => {
  const businessesOf = async (claims: object) => {
    const { token } = await meet(node.url, { ...claims });
    return (await api(node.url, token).get('/api/me')).body.businesses;
  };

  test('a customer, a business that does not exist, or one that is no id makes nobody staff', async () => {
    const { id } = await createBusiness(node.database);
    expect(await businessesOf({ businessId: id })).toEqual([]);
    expect(await businessesOf({ businessId: id, role: 'CUSTOMER' })).toEqual([]);
    expect(await businessesOf({ businessId: randomUUID(), role: 'AGENT' })).toEqual([]);
    expect(await businessesOf({ businessId: `${id}' OR true --`, role: 'ADMIN' })).toEqual([]);
  });

  test('an agent becomes staff, an admin later', async () => {
    const sub = randomUUID();
    const { id } = await createBusiness(node.database, 'Kiln & Thread');
    const staff = (role: string) => [{ id, name: 'Kiln & Thread', role }];
    expect(await businessesOf({ sub, businessId: id, role: 'AGENT' })).toEqual(staff('agent'));
    expect(await businessesOf({ sub, businessId: id, role: 'ADMIN' })).toEqual(staff('admin'));
  });

  test('who is a customer again is staff of that business no more, and stays it elsewhere', async () => {
    const sub = randomUUID();
    const [left, kept] = [
      await createBusiness(node.database, 'Left'),
      await createBusiness(node.database, 'Kept'),
    ];
    await businessesOf({ sub, businessId: left.id, role: 'AGENT' });
    await businessesOf({ sub, businessId: kept.id, role: 'AGENT' });
    const after = await businessesOf({ sub, businessId: left.id, role: 'CUSTOMER' });
    expect(after).toEqual([{ id: kept.id, name: 'Kept', role: 'agent' }]);
  });
});

describe('the logins of an account', () => {
  const signIn = async (email: string, agent = 'Firefox') => {
    const login = supertest(node.url).post('/api/auth/login').set('user-agent', agent);
    return (await login.send({ email, password: 'right' })).body.token as string;
  };
  const sessionsOf = async (token: string) =>
    (await api(node.url, token).get('/api/auth/sessions')).body.items;
  let email: string;
  let phone: string;
  let laptop: string;
  beforeEach(async () => {
    email = `${randomUUID()}@kiln.test`;
    await createAccount(email, 'right');
    phone = await signIn(email, 'Phone');
    laptop = await signIn(email, 'L'.repeat(300));
  });

  test('are listed, newest first, with the one that asks', async () => {
    expect(await sessionsOf(phone)).toEqual([
      expect.objectContaining({ userAgent: 'L'.repeat(200), current: false }),
      {
        id: expect.any(String),
        userAgent: 'Phone',
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
        current: true,
      },
    ]);
  });

  test('end one by one: the token is refused at once, and the others are not', async () => {
    const [{ id }] = await sessionsOf(phone);
    expect((await api(node.url, phone).delete(`/api/auth/sessions/${id}`)).status).toBe(204);
    expect((await api(node.url, laptop).get('/api/me')).body).toMatchObject({
      status: 401,
      code: 'unauthorized',
      detail: expect.stringContaining('revoked'),
    });
    expect(await sessionsOf(phone)).toHaveLength(1);
    const again = await api(node.url, phone).delete(`/api/auth/sessions/${id}`);
    expect(again.body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test('of somebody else do not exist, and stay', async () => {
    const { token } = await meet(node.url);
    const [{ id }] = await sessionsOf(phone);
    const theirs = await api(node.url, token).delete(`/api/auth/sessions/${id}`);
    const nobodys = await api(node.url, token).delete(`/api/auth/sessions/${randomUUID()}`);
    expect({ ...theirs.body, requestId: '' }).toEqual({ ...nobodys.body, requestId: '' });
    expect(theirs.status).toBe(404);
    expect(await sessionsOf(laptop)).toHaveLength(2);
  });

  test('end by signing out', async () => {
    expect((await api(node.url, phone).post('/api/auth/logout')).status).toBe(204);
    expect((await api(node.url, phone).get('/api/me')).status).toBe(401);
    expect((await api(node.url, phone).post('/api/auth/logout')).status).toBe(401);
    expect(await sessionsOf(laptop)).toHaveLength(1);
  });

  test('end all together, and those that have ended by themselves are forgotten', async () => {
    const { device } = node.database.prisma;
    const where = { userAgent: 'Phone', user: { email } };
    await device.updateMany({ where, data: { expiresAt: new Date(0) } });
    expect(await sessionsOf(laptop)).toHaveLength(1);
    await signIn(email);
    expect(await device.count({ where })).toBe(0);
    expect((await api(node.url, laptop).delete('/api/auth/sessions')).status).toBe(204);
    for (const token of [phone, laptop])
      expect((await api(node.url, token).get('/api/me')).status).toBe(401);
    expect(await device.count({ where: { user: { email } } })).toBe(0);
  });

  test('a token of the platform is of none, and says where to sign out', async () => {
    const { token } = await meet(node.url, { sid: randomUUID() });
    expect(await sessionsOf(token)).toEqual([]);
    const answer = await api(node.url, token).post('/api/auth/logout');
    expect(answer.body).toMatchObject({ status: 400, code: 'bad_request' });
  });

  test.each([
    ['POST', '/api/auth/logout'],
    ['GET', '/api/auth/sessions'],
    ['DELETE', '/api/auth/sessions'],
    ['DELETE', `/api/auth/sessions/${randomUUID()}`],
  ])('without a token %s %s is refused', async (method, path) => {
    const answer = await fetch(`${node.url}${path}`, { method });
    expect(answer.status).toBe(401);
  });

  test.each(['no-uuid', "' OR true --"])('%s is no login', async (id) => {
    const answer = await api(node.url, phone).delete(
      `/api/auth/sessions/${encodeURIComponent(id)}`,
    );
    expect(answer.body).toMatchObject({ status: 400, code: 'bad_request' });
  });
});

describe('tokens by the keys of the platform', () => {
  test('open a node beside logins of our own, and one by the secret is refused', async () => {
    const key = createKey('ES256', 'first');
    const issuer = await startIssuer([key.jwk]);
    const env = { JWT_JWKS_URL: issuer.url };
    const keyed = await startNode({ databaseUrl: database.url, env });
    const token = signWith(key, { sub: randomUUID(), iss: 'https://id.example' });
    await (await connect(keyed.url, { token })).close();
    const unauthorized = { status: 401, code: 'unauthorized' };
    for (const header of [{ kid: '../../etc/passwd' }, { kid: {} }, { alg: 'none' }]) {
      const odd = signWith(key, { sub: 'x' }, header);
      expect(await refusal(keyed.url, { token: odd })).toEqual(unauthorized);
    }
    const bySecret = platformToken({ sub: randomUUID() });
    expect(await refusal(keyed.url, { token: bySecret })).toEqual(unauthorized);
    await createAccount('keyed@kiln.test', 'right');
    const login = { email: 'keyed@kiln.test', password: 'right' };
    const { body } = await api(keyed.url).post('/api/auth/login', login);
    await (await connect(keyed.url, { token: body.token })).close();
    expect(issuer.fetches).toBe(1);
    await keyed.stop();
    await issuer.close();
  });
});

describe('tickets', () => {
  const ticketOf = async (token: string): Promise<string> =>
    (await api(node.url, token).post('/api/auth/ticket')).body.ticket;

  test('nobody gets one without a token', async () => {
    expect((await nobody().post('/api/auth/ticket')).body).toMatchObject({ code: 'unauthorized' });
  });

  test('an unknown ticket opens nothing', async () => {
    const query = { ticket: 'AAAAAAAAAAAAAAAAAAAAAA' };
    expect(await refusal(node.url, { query })).toEqual({ status: 401, code: 'unauthorized' });
  });

  test('a ticket opens one connection, and no second one', async () => {
    const { id, token } = await meet(node.url);
    const query = { ticket: await ticketOf(token) };
    const socket = await connect(node.url, { query });
    expect(socket.all('ready')[0]?.user.id).toBe(id);
    expect(await refusal(node.url, { query })).toEqual({ status: 401, code: 'unauthorized' });
    await socket.close();
  });

  test('a ticket is 128 random bits and says until when it is good', async () => {
    const { token } = await meet(node.url);
    const { ticket, expiresAt } = (await api(node.url, token).post('/api/auth/ticket')).body;
    expect(ticket).toMatch(/^[\w-]{22}$/);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_000);
    expect(await ticketOf(token)).not.toBe(ticket);
  });

  test('a ticket ends with the token that it was given for', async () => {
    const exp = Math.floor(Date.now() / 1_000) - 20;
    const accepted = platformToken({ sub: randomUUID(), exp });
    const query = { ticket: await ticketOf(accepted) };
    expect(await refusal(node.url, { query })).toEqual({ status: 401, code: 'unauthorized' });
  });
});
