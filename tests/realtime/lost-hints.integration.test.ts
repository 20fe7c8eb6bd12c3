import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createConversationsRepository,
  createConversationsService,
  presentMessage,
} from '../../src/modules/conversations/index.js';
import {
  createMessagesRepository,
  createMessagesService,
  createStore,
  createWriter,
} from '../../src/modules/messages/index.js';
import { systemClock } from '../../src/platform/clock.js';
import { createMemoryBus } from '../../src/realtime/bus/memory-bus.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import {
  type Business,
  createBusiness,
  meet,
  meetAgent,
  openSupport,
  type Person,
} from '../support/people.js';
import { connect } from '../support/socket.js';
import { fakeCaller } from './fakes.js';
import { openStream } from './streams.js';

let database: TestDatabase;
let node: TestNode;
let business: Business;
let customer: Person;
let agent: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url, intervals: { sweepMs: 50 } });
  business = await createBusiness(node.database);
});
beforeEach(async () => {
  customer = await meet(node.url, { name: 'Amara Osei' });
  agent = await meetAgent(node.url, business);
  conversationId = (await openSupport(node.url, customer, business)).id;
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

/** A node that dies each time between the commit and the publish. */
function dying() {
  const bus = createMemoryBus();
  const repository = createMessagesRepository(node.database.prisma, presentMessage);
  const conversations = createConversationsService({
    repository: createConversationsRepository(node.database),
    bus,
    clock: systemClock,
  });
  const writer = createWriter(createStore(node.database));
  const messages = createMessagesService({ repository, writer, bus, conversations });
  const send = async (person: Person, body: string): Promise<number> => {
    const params = { conversationId, body, clientId: body.replaceAll(' ', '-') };
    const rest = { replyTo: null, ifLastSeq: null };
    const { sent } = await messages.submit(callerOf(person), { ...params, ...rest });
    return (await sent).message.seq;
  };
  return { conversations, send };
}

const callerOf = ({ id }: Person) => fakeCaller({ userId: id });

describe('a hint that never came', () => {
  test('[O3] of a message is made up for, in the conversation and in the inbox, with nothing else arriving', async () => {
    const open = await connect(node.url, { token: customer.token, conversationId });
    const inbox = await connect(node.url, { token: agent.token });
    const stream = await openStream(node.url, { token: customer.token, conversationId });
    const seq = await dying().send(customer, 'the last words');
    await open.frame('message', (message) => message.seq === seq);
    await stream.frame('message', (message) => message.seq === seq);
    await inbox.frame('ping', ({ heads }) =>
      heads.some(({ id, lastSeq }) => id === conversationId && lastSeq === seq),
    );
    inbox.send({ type: 'sync', conversations: [{ id: conversationId, after: seq - 1 }] });
    await inbox.frame('message', (message) => message.seq === seq);
    await open.settled();
    expect(open.all('message')).toHaveLength(1);
    await Promise.all([open.close(), inbox.close(), stream.close()]);
  });

  test('[U1] of a mark of their own is made up for on each of a person’s devices, and later ones come live', async () => {
    const devices = await Promise.all(
      [1, 2].map(() => connect(node.url, { token: customer.token })),
    );
    const { conversations, send } = dying();
    await node.database.prisma.participant.create({
      data: { conversationId, userId: agent.id, changeSeq: 2, role: 'agent', joinedSeq: 2 },
    });
    const first = await send(agent, 'one');
    const { userSeq } = await conversations.read(callerOf(customer), conversationId, first);
    for (const device of devices) {
      await device.frame('membership', (membership) => membership.userSeq === userSeq);
      const end = await device.frame('replay', ({ done }) => done);
      expect(end).toEqual({ type: 'replay', from: userSeq - 1, to: userSeq, done: true });
    }
    const second = await send(agent, 'two');
    devices[0]?.send({ type: 'read', conversationId, seq: second });
    for (const device of devices) {
      await device.frame('membership', (membership) => membership.userSeq === userSeq + 1);
      await device.settled();
      expect(device.all('membership').map((one) => one.userSeq)).toEqual([userSeq, userSeq + 1]);
      await device.close();
    }
  });
});
