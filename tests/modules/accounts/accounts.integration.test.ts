import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createAccountsRepository,
  createAccountsService,
  createTicketStore,
  createTokens,
  hashPassword,
  OWN_ISSUER,
} from '../../../src/modules/accounts/index.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, TEST_SECRET, type TestNode } from '../../support/node.js';
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
    const { findKnown } = createAccountsRepository(node.database.prisma);
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
    let now = Date.now();
    const clock = { now: () => now };
    const config = {
      jwtIssuer: undefined,
      jwtAudience: undefined,
      jwtSubjectClaim: 'sub',
      jwtMaxLifetimeS: undefined,
    };
    const accounts = createAccountsService({
      repository: createAccountsRepository(node.database.prisma),
      tokens: createTokens(TEST_SECRET, config, clock),
      tickets: createTicketStore(undefined),
      clock,
    });
    const caller = await accounts.authenticate(platformToken({ sub: randomUUID() }));
    const { ticket } = await accounts.issueTicket({ ...caller, expiresAt: now + 5_000 });
    now += 5_000;
    await expect(accounts.redeemTicket(ticket)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
