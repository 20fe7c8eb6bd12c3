import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hashPassword, OWN_ISSUER } from '../../src/modules/accounts/index.js';
import { openSubscriber } from '../../src/platform/redis.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { silent } from '../support/log.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openDirect,
  openSupport,
  type Person,
  platformToken,
} from '../support/people.js';
import { isolateRedis, type TestRedis } from '../support/redis.js';
import { connect, refusal, type TestSocket } from '../support/socket.js';
import { openStream } from './streams.js';

const PASSWORD = 'correct horse';
const UNAUTHORIZED = { status: 401, code: 'unauthorized' };
const seconds = (fromNow = 0) => Math.floor(Date.now() / 1_000) + fromNow;

let database: TestDatabase;
let redis: TestRedis;
let one: TestNode;
let two: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let agentClaims: Record<string, unknown>;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  redis = await isolateRedis();
  one = await startNode({ databaseUrl: database.url, redis });
  two = await startNode({ databaseUrl: database.url, redis });
  business = await createBusiness(one.database);
});
beforeEach(async () => {
  customer = await meet(one.url);
  agentClaims = { sub: randomUUID(), role: 'AGENT', businessId: business.id };
  agent = await meet(one.url, agentClaims);
  conversationId = (await openSupport(one.url, customer, business)).id;
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await database.drop();
});

const post = (who: Person, body: string, url = one.url) =>
  api(url, who.token).post(`/api/conversations/${conversationId}/messages`, { body });

async function createAccount(): Promise<{ email: string; id: string }> {
  const email = `${randomUUID()}@kiln.test`;
  const data = { issuer: OWN_ISSUER, externalId: email, name: 'Maya', email };
  const { id } = await one.database.prisma.user.create({ data });
  const passwordHash = await hashPassword(PASSWORD);
  await one.database.prisma.account.create({ data: { userId: id, email, passwordHash } });
  return { email, id };
}

async function login(email: string, url = one.url): Promise<string> {
  const body = { email, password: PASSWORD };
  return (await api(url).post('/api/auth/login', body)).body.token as string;
}

const revoke = (node: TestNode, kind: string, value: string, issuer = '') =>
  node.database.pool.query('SELECT chat_revoke($1, $2, $3)', [issuer, kind, value]);

describe('two nodes that share Redis', () => {
  test('[H8] [E9] who signs out here is cut off there, on every transport, and their other login is not', async () => {
    const { email } = await createAccount();
    const [leaving, staying] = [await login(email), await login(email)];
    const socket = await connect(two.url, { token: leaving });
    const stream = await openStream(two.url, { token: leaving });
    const other = await connect(two.url, { token: staying });
    expect((await api(one.url, leaving).post('/api/auth/logout')).status).toBe(204);
    expect((await socket.closed).code).toBe(4401);
    expect(await stream.frame('close')).toMatchObject({ code: 4401 });
    for (const { url } of [one, two]) {
      expect(await refusal(url, { token: leaving })).toEqual(UNAUTHORIZED);
      expect((await api(url, leaving).get('/api/me')).body).toMatchObject(UNAUTHORIZED);
      expect((await api(url, staying).get('/api/me')).status).toBe(200);
    }
    other.send({ type: 'auth', id: 'a', token: leaving });
    expect(await other.frame('error')).toMatchObject({ id: 'a', code: 'unauthorized' });
    await other.settled();
    await other.close();
  });

  test('[H8] the other nodes are told at once, and not what was revoked', async () => {
    const { token } = await meet(one.url);
    const ear = openSubscriber(redis.url, silent);
    await ear.subscribe(`${redis.prefix}:bus`);
    const told = new Promise<string>((resolve) => {
      ear.on('message', (_channel, payload: string) => {
        if (payload.includes('"nodes"')) resolve(payload);
      });
    });
    await api(one.url, token).delete('/api/auth/sessions');
    expect((await told).split('\n').at(-1)).toBe('{"op":"revoked"}');
    ear.disconnect();
  });

  test('[C3] [H8] a ticket of a login that has ended opens nothing', async () => {
    const { email } = await createAccount();
    const [leaving, staying] = [await login(email), await login(email)];
    const { ticket } = (await api(one.url, leaving).post('/api/auth/ticket')).body;
    const { ticket: good } = (await api(one.url, staying).post('/api/auth/ticket')).body;
    await api(one.url, leaving).post('/api/auth/logout');
    expect(await refusal(one.url, { query: { ticket } })).toEqual(UNAUTHORIZED);
    const socket = await connect(two.url, { query: { ticket: good } });
    await api(one.url, staying).post('/api/auth/logout');
    expect((await socket.closed).code).toBe(4401);
  });

  test('[H8] who refuses all their tokens is cut off with each of them, and a token issued later is good', async () => {
    const sub = randomUUID();
    const [first, second] = [
      await meet(one.url, { sub, iat: seconds(-60) }),
      await meet(one.url, { sub }),
    ];
    const sockets = await Promise.all(
      [first, second].map(({ token }) => connect(two.url, { token })),
    );
    expect((await api(one.url, first.token).delete('/api/auth/sessions')).status).toBe(204);
    for (const socket of sockets) expect((await socket.closed).code).toBe(4401);
    expect(await refusal(one.url, { token: second.token })).toEqual(UNAUTHORIZED);
    const later = platformToken({ sub, iat: seconds(2) });
    const socket = await connect(one.url, { token: later });
    await socket.close();
  });

  test('[H9] staff who are customers by a newer token leave at once, and get nothing more', async () => {
    const { token } = agent;
    const bound = await connect(two.url, { token, conversationId });
    const inbox = await connect(two.url, { token });
    const stream = await openStream(two.url, { token, conversationId });
    const colleague = await meetAgent(one.url, business);
    const theirs = await connect(two.url, { token: colleague.token });
    await meet(one.url, { ...agentClaims, role: 'CUSTOMER' });
    expect((await bound.closed).code).toBe(4403);
    expect(await stream.frame('close')).toMatchObject({ code: 4403 });
    await post(customer, 'not for you');
    await theirs.frame('message', ({ body }) => body === 'not for you');
    await inbox.settled();
    expect(inbox.all('message')).toEqual([]);
    inbox.send({ type: 'message', id: 'm', conversationId, body: 'still here?' });
    expect(await inbox.frame('error')).toMatchObject({ id: 'm', code: 'not_found' });
    await Promise.all([inbox.close(), theirs.close()]);
  });

  test('[H3] who becomes staff by renewing hears of their businesses at once, and nobody else', async () => {
    const sub = randomUUID();
    const person = await meet(one.url, { sub });
    const [renewed, untouched] = [
      await connect(two.url, { token: person.token }),
      await connect(two.url, { token: (await meet(one.url)).token }),
    ];
    const token = platformToken({ sub, role: 'AGENT', businessId: business.id });
    renewed.send({ type: 'auth', id: 'a', token });
    await renewed.frame('auth', ({ id }) => id === 'a');
    await post(customer, 'for all staff');
    await renewed.frame('message', ({ body }) => body === 'for all staff');
    renewed.send({ type: 'auth', id: 'b', token: platformToken({ ...claimsOf(sub), n: 1 }) });
    await renewed.frame('auth', ({ id }) => id === 'b');
    await post(customer, 'no more');
    await agentHears('no more');
    await Promise.all([renewed.settled(), untouched.settled()]);
    expect(renewed.all('message').map(({ body }) => body)).toEqual(['for all staff']);
    expect(untouched.all('message')).toEqual([]);
    await Promise.all([renewed.close(), untouched.close()]);
  });

  test('[H5] the same subject of another issuer is another user', async () => {
    const sub = randomUUID();
    const person = await meet(one.url, { sub, iss: 'https://one.example' });
    const socket = await connect(two.url, { token: person.token });
    socket.send({ type: 'auth', token: platformToken({ sub, iss: 'https://two.example' }) });
    expect((await socket.closed).code).toBe(4403);
  });

  test('[H4] a token at its end still opens a session, which takes nothing but a newer one', async () => {
    const sub = randomUUID();
    const friend = await meet(one.url, { sub });
    const direct = (await openDirect(one.url, customer, friend)).id;
    const late = platformToken({ sub, exp: seconds(-5) });
    const open = () => connect(two.url, { token: late, conversationId: direct });
    const [renewing, silent] = [await open(), await open()];
    renewing.send({ type: 'auth', id: 'a', token: friend.token });
    renewing.send({ type: 'message', id: 'm', body: 'in time' });
    await renewing.frame('ack', ({ id }) => id === 'm');
    silent.send({ type: 'message', body: 'too late' });
    expect((await silent.closed).code).toBe(4401);
    const bodies = await one.database.prisma.message.findMany({
      where: { conversationId: direct },
      select: { body: true },
    });
    expect(bodies).toEqual([{ body: 'in time' }]);
    await renewing.close();
  });

  const claimsOf = (sub: string) => ({ sub, role: 'CUSTOMER', businessId: business.id });

  async function agentHears(body: string): Promise<void> {
    const socket = await connect(two.url, { token: agent.token, conversationId, after: 0 });
    await socket.frame('message', (message) => message.body === body);
    await socket.close();
  }
});

/** Stays for longer than a ping may be left unanswered. */
function answering(socket: TestSocket): TestSocket {
  socket.raw.on('message', (data) => {
    if (JSON.parse(data.toString()).type === 'ping') socket.send({ type: 'pong' });
  });
  return socket;
}

describe('two nodes without Redis', () => {
  let near: TestNode;
  let far: TestNode;
  beforeAll(async () => {
    near = await startNode({ databaseUrl: database.url });
    far = await startNode({ databaseUrl: database.url });
  });
  afterAll(() => Promise.all([near.stop(), far.stop()]));

  test('[H8] [H9] find within 15 seconds who was revoked, removed or has lost a role, also by SQL', async () => {
    const { email } = await createAccount();
    const leaving = await login(email);
    const iss = `https://${randomUUID()}.example`;
    const bySubject = await meet(near.url, { sub: 'by-subject', iss, iat: seconds(-60) });
    const byToken = await meet(near.url, { sub: 'by-token', iss, jti: 'the-token' });
    const issuer = `https://${randomUUID()}.example`;
    const byIssuer = await meet(near.url, { sub: 'anybody', iss: issuer, iat: seconds(-60) });
    const friend = await meet(near.url);
    const direct = (await openDirect(near.url, customer, friend)).id;
    const gone = await meet(near.url);
    const open = async (token: string, id?: string) =>
      answering(await connect(far.url, { token, ...(id !== undefined && { conversationId: id }) }));
    const spared = await open(customer.token, conversationId);
    const revoked = await Promise.all(
      [leaving, bySubject.token, byToken.token, byIssuer.token, gone.token].map((token) =>
        open(token),
      ),
    );
    const removed = [await open(agent.token, conversationId), await open(friend.token, direct)];
    const inbox = await open(agent.token);

    await api(near.url, leaving).post('/api/auth/logout');
    await revoke(near, 'subject', 'by-subject', iss);
    await revoke(near, 'jti', 'the-token', iss);
    await revoke(near, 'all', '', issuer);
    const { prisma } = near.database;
    await prisma.user.delete({ where: { id: gone.id } });
    await prisma.businessMember.deleteMany({ where: { userId: agent.id } });
    await prisma.participant.deleteMany({
      where: { conversationId: direct, userId: friend.id },
    });

    for (const socket of revoked) expect((await socket.closed).code).toBe(4401);
    for (const socket of removed) expect((await socket.closed).code).toBe(4403);
    await post(customer, 'after all that', far.url);
    await spared.frame('message', ({ body }) => body === 'after all that');
    await inbox.settled();
    expect(inbox.all('message')).toEqual([]);
    await Promise.all([inbox.close(), spared.close()]);
  }, 60_000);
});
