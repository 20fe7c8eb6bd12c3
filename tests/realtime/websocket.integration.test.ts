import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import { type Business, createBusiness, meet, meetAgent, openSupport } from '../support/people.js';
import { connect, refusal } from '../support/socket.js';

let database: TestDatabase;
let node: TestNode;
let business: Business;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url });
  business = await createBusiness(node.database);
});

afterAll(async () => {
  await node.stop();
  await database.drop();
});

describe('the required surface over a WebSocket', () => {
  test('a socket without a credential is refused before the upgrade', async () => {
    expect(await refusal(node.url, {})).toEqual({ status: 401, code: 'unauthorized' });
  });

  test('message, typing and status work with no other field and reach the other side', async () => {
    const customer = await meet(node.url, { name: 'Amara Osei' });
    const agent = await meetAgent(node.url, business);
    const { id: conversationId } = await openSupport(node.url, customer, business);
    const mine = await connect(node.url, { token: customer.token, conversationId });
    const theirs = await connect(node.url, { token: agent.token, conversationId });

    mine.send({ type: 'message', body: 'Is the blue vase still there?' });
    mine.send({ type: 'typing' });
    mine.send({ type: 'status', status: 'online' });

    const message = await theirs.frame('message');
    expect(message).toMatchObject({ body: 'Is the blue vase still there?', senderId: customer.id });
    expect(await mine.frame('ack')).toMatchObject({ seq: message.seq, duplicate: false });
    expect(await theirs.frame('typing')).toMatchObject({ userId: customer.id, active: true });
    expect(
      await theirs.frame('status', (frame) => 'userId' in frame && frame.userId === customer.id),
    ).toMatchObject({
      status: 'online',
    });
    await Promise.all([mine.close(), theirs.close()]);
  });
});
