import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openDirect,
  openSupport,
  type Person,
} from '../../support/people.js';
import { connect } from '../../support/socket.js';

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let id: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

beforeEach(async () => {
  business = await createBusiness(node.database);
  customer = await meet(node.url, { name: 'Amara Osei' });
  agent = await meetAgent(node.url, business);
  id = (await openSupport(node.url, customer, business)).id;
});

const as = ({ token }: Person) => api(node.url, token);
const setStatus = (caller: Person, status: unknown, conversation = id) =>
  as(caller).patch(`/api/conversations/${conversation}`, { status });
const say = (caller: Person, body = 'Hello', conversation = id) =>
  as(caller).post(`/api/conversations/${conversation}/messages`, { body });
const item = async () => (await as(agent).get(`/api/conversations/${id}`)).body;

/** The resolved conversation beside the one that the customer opened after it. */
async function openAnother(): Promise<string> {
  await setStatus(agent, 'resolved');
  return (await openSupport(node.url, customer, business)).id;
}

describe('opening and resolving', () => {
  test('is not for the customer, and not for members of a direct conversation', async () => {
    expect((await setStatus(customer, 'resolved')).body).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    const direct = await openDirect(node.url, customer, agent);
    expect((await setStatus(agent, 'resolved', direct.id)).body).toMatchObject({ status: 403 });
    expect((await item()).status).toBe('open');
  });

  test.each([undefined, null, 'closed', 'OPEN', 1, ['open']])('%j is no status', async (status) => {
    expect((await setStatus(agent, status)).body).toMatchObject({ code: 'bad_request' });
  });

  test('each change takes one number; the same status again takes none', async () => {
    const resolved = await setStatus(agent, 'resolved');
    expect(resolved.body).toMatchObject({ status: 'resolved', changeSeq: 3, lastSeq: 3 });
    expect((await setStatus(agent, 'resolved')).body).toEqual(resolved.body);
    const opened = await setStatus(agent, 'open');
    expect(opened.body).toMatchObject({ status: 'open', changeSeq: 4, lastSeq: 4 });
  });

  test('the customer learns of it', async () => {
    const socket = await connect(node.url, { token: customer.token });
    await setStatus(agent, 'resolved');
    expect(await socket.frame('conversation')).toMatchObject({
      conversationId: id,
      changeSeq: 3,
      conversation: { status: 'resolved' },
    });
    await socket.close();
  });

  test('one cannot be opened while another of the customer is open', async () => {
    const openConversationId = await openAnother();
    expect((await setStatus(agent, 'open')).body).toMatchObject({
      status: 409,
      code: 'conversation_closed',
      openConversationId,
    });
  });
});

describe('writing into a resolved conversation', () => {
  test('neither side can while another one is open, which the answer names', async () => {
    const openConversationId = await openAnother();
    for (const caller of [customer, agent]) {
      expect((await say(caller)).body).toMatchObject({
        status: 409,
        code: 'conversation_closed',
        openConversationId,
      });
    }
    expect(await item()).toMatchObject({ status: 'resolved', lastMessage: null, lastSeq: 3 });
  });

  test("the customer's message opens it again: the change, then the message", async () => {
    await setStatus(agent, 'resolved');
    const socket = await connect(node.url, { token: agent.token });
    expect((await say(customer)).body).toMatchObject({ seq: 5 });
    await socket.frame('message');
    const frames = socket.frames.filter(({ type }) => ['conversation', 'message'].includes(type));
    expect(frames).toMatchObject([
      { type: 'conversation', changeSeq: 4, conversation: { status: 'open' } },
      { type: 'message', changeSeq: 5 },
    ]);
    expect(await item()).toMatchObject({ status: 'open', changeSeq: 4, lastSeq: 5 });
    await socket.close();
  });

  test("the agent's message leaves it resolved", async () => {
    await setStatus(agent, 'resolved');
    expect((await say(agent)).status).toBe(201);
    expect((await item()).status).toBe('resolved');
  });
});

describe('while another conversation of the customer is being opened', () => {
  let rival: pg.Client;

  beforeEach(async () => {
    await setStatus(agent, 'resolved');
    rival = new pg.Client({ connectionString: database.url });
    await rival.connect();
  });

  /** Opens another one, holds its commit until the request waits for it, and gives its id. */
  async function during(request: () => Promise<unknown>): Promise<string> {
    await rival.query('BEGIN');
    const { rows } = await rival.query('SELECT id FROM chat_open_support($1, $2)', [
      business.id,
      customer.id,
    ]);
    const answered = request();
    await somebodyWaits();
    await rival.query('COMMIT');
    await rival.end();
    await answered;
    return rows[0].id;
  }

  async function somebodyWaits(): Promise<void> {
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await node.database.pool.query(waiting)).rows[0].n === 0);
  }

  test('a message to the resolved one is told where to go', async () => {
    let answer: Awaited<ReturnType<typeof say>> | undefined;
    const openConversationId = await during(async () => {
      answer = await say(customer);
    });
    expect(answer?.body).toMatchObject({ code: 'conversation_closed', openConversationId });
  });

  test('opening the resolved one is refused in the same way', async () => {
    let answer: Awaited<ReturnType<typeof say>> | undefined;
    const openConversationId = await during(async () => {
      answer = await setStatus(agent, 'open');
    });
    expect(answer?.body).toMatchObject({ code: 'conversation_closed', openConversationId });
  });
});
