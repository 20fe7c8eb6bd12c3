import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createBusinessesRepository,
  createBusinessesService,
} from '../../../src/modules/businesses/index.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import { type Business, createBusiness, meetAgent, type Person } from '../../support/people.js';
import { connect } from '../../support/socket.js';

const VISITOR = '0123456789abcdef0123456789abcdef';

let database: TestDatabase;
let node: TestNode;
let business: Business;

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
});

const config = (key: string) => api(node.url).get(`/api/widget/config?key=${key}`);
const session = (widgetKey: unknown, visitorKey: unknown) =>
  api(node.url).post('/api/widget/session', { widgetKey, visitorKey });

describe('what the widget shows before the first message', () => {
  test('a key of no business is not found', async () => {
    expect((await config('unknown')).body).toMatchObject({ status: 404, code: 'not_found' });
  });

  test.each(['', 'a%20b', "x'--", '..%2F', 'k'.repeat(65), '%00', 'a&key=b'])(
    'key=%s is wrong',
    async (key) => {
      expect((await config(key)).body).toMatchObject({ status: 400, code: 'bad_request' });
    },
  );

  test('name, colour, greeting and nobody there yet', async () => {
    expect((await config(business.widgetKey)).body).toEqual({
      businessId: business.id,
      name: 'Kiln & Thread',
      brandColor: '#0b6b74',
      greeting: null,
      team: [],
      status: 'offline',
    });
  });

  test('three of the team at most, without addresses of e-mail, and whether anybody is there', async () => {
    const agents: Person[] = [];
    for (const name of ['Maya', 'Noor', 'Otis', 'Pia']) {
      agents.push(await meetAgent(node.url, business, name));
    }
    const socket = await connect(node.url, { token: agents[0]?.token ?? '' });
    const { body } = await config(business.widgetKey);
    expect(body.team).toEqual(
      ['Maya', 'Noor', 'Otis'].map((name, n) => ({
        id: agents[n]?.id,
        name,
        role: 'AGENT',
        avatar: null,
      })),
    );
    expect(body.status).toBe('online');
    await socket.close();
  });

  test('without presence the widget still answers, and says that nobody is there', async () => {
    expect(await alone().widgetConfig(business.widgetKey)).toMatchObject({ status: 'offline' });
  });
});

/** The service without the rest of the node. */
function alone() {
  return createBusinessesService({
    repository: createBusinessesRepository(node.database.prisma),
    provisionVisitor: () => Promise.reject(new Error('not asked')),
    issueToken: () => ({ token: '', expiresAt: '' }),
    availability: () => Promise.reject(new Error('Redis is away')),
  });
}

test('the panel may be framed by the pages that a business has named, and of no other', async () => {
  const allowedOrigins = ['https://kiln.example'];
  const { id, widgetKey } = business;
  await node.database.prisma.business.update({ where: { id }, data: { allowedOrigins } });
  expect(await alone().embedders('unknown')).toEqual([]);
  expect(await alone().embedders(widgetKey)).toEqual(allowedOrigins);
});

describe('the session of a visitor', () => {
  const users = () => node.database.prisma.user.count();

  test('an unknown business is not found and leaves no visitor behind', async () => {
    const before = await users();
    expect((await session('unknown', VISITOR)).status).toBe(404);
    expect(await users()).toBe(before);
  });

  test.each([undefined, '', 'short', VISITOR.toUpperCase(), `${VISITOR}0`, 7])(
    'a visitor key of %j is wrong',
    async (visitorKey) => {
      expect((await session(business.widgetKey, visitorKey)).body).toMatchObject({
        status: 400,
        code: 'bad_request',
      });
    },
  );

  test('until it is asked for, a visitor leaves no row behind', async () => {
    const before = await users();
    await config(business.widgetKey);
    expect(await users()).toBe(before);
    await session(business.widgetKey, VISITOR);
    expect(await users()).toBe(before + 1);
  });

  test('the same visitor key is the same visitor, also when raced; another is another', async () => {
    const raced = await Promise.all(
      Array.from({ length: 10 }, () => session(business.widgetKey, VISITOR)),
    );
    const ids = new Set(raced.map(({ body }) => body.user.id));
    expect(ids.size).toBe(1);
    const other = await session(business.widgetKey, VISITOR.replace('0', '1'));
    expect(ids).not.toContain(other.body.user.id);
  });

  test('a visitor of two businesses is two people: neither can follow them to the other', async () => {
    const other = await createBusiness(node.database);
    const [here, there] = [
      await session(business.widgetKey, VISITOR),
      await session(other.widgetKey, VISITOR),
    ];
    expect(here.body.user.id).not.toBe(there.body.user.id);
  });

  test('its token names the visitor, and the key is stored nowhere', async () => {
    const { body } = await session(business.widgetKey, VISITOR);
    const me = await api(node.url, body.token).get('/api/me');
    expect(me.body).toMatchObject({ id: body.user.id, role: 'CUSTOMER', email: null });
    expect(me.body.name).toMatch(/^Visitor [0-9A-F]{4}$/);
    const kept = await node.database.prisma.user.findUniqueOrThrow({ where: { id: me.body.id } });
    expect(JSON.stringify(kept)).not.toContain(VISITOR);
  });

  test('it names the conversation that is open, and none that is resolved', async () => {
    const agent = await meetAgent(node.url, business);
    const first = (await session(business.widgetKey, VISITOR)).body;
    expect(first.conversationId).toBeNull();
    const opened = await api(node.url, first.token).post('/api/conversations', {
      type: 'support',
      businessId: business.id,
    });
    const { id } = opened.body;
    expect((await session(business.widgetKey, VISITOR)).body.conversationId).toBe(id);
    await api(node.url, agent.token).patch(`/api/conversations/${id}`, { status: 'resolved' });
    expect((await session(business.widgetKey, VISITOR)).body.conversationId).toBeNull();
  });
});
