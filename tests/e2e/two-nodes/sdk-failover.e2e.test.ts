import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/sdk/index.js';
import { type Balancer, startBalancer } from '../../support/balancer.js';
import { type Deployment, deploy } from './deployment.js';
import { history, online, openSupport, signIn, until } from './sdk-people.js';

const BACK_MS = 5_000;
const LINES = 300;

let nodes: Deployment;
let balancer: Balancer;
const chats: Chat[] = [];
beforeAll(async () => {
  nodes = await deploy();
  balancer = await startBalancer([nodes.a.port, nodes.b.port]);
});
afterAll(async () => {
  for (const chat of chats) chat.destroy();
  await balancer.stop();
  await nodes.remove();
});

test('two people who write while a node is killed end up with the same messages, each once and in order', async () => {
  const customer = await signIn(balancer.url, 'customer@savanna.test');
  const agent = await signIn(nodes.b.url, 'agent1@savanna.test');
  chats.push(customer, agent);
  for (const chat of chats) chat.connect();
  const id = await openSupport(customer);
  const threads = [customer, agent].map((chat) => chat.thread(id));
  const closers = threads.map((thread) => thread.open());
  await Promise.all([online(customer), online(agent)]);

  const sent = threads.map((thread, index) =>
    Array.from({ length: LINES }, (_, line) => thread.send(`${index} says ${line}`).sent),
  );
  // In the middle: a third of the customer's messages is acknowledged, the rest is not.
  await sent[0]?.[LINES / 3];
  const lost = until(customer.connection, ({ state }) => state !== 'online');
  await nodes.a.kill();
  const killed = performance.now();
  await lost;
  await online(customer);
  expect(performance.now() - killed).toBeLessThan(BACK_MS);
  await Promise.all(sent.flat());

  const stored = await history(agent, id);
  for (const speaker of [0, 1]) {
    const bodies = stored.map(({ body }) => body).filter((body) => body.startsWith(`${speaker}`));
    expect(bodies).toEqual(Array.from({ length: LINES }, (_, line) => `${speaker} says ${line}`));
  }
  for (const thread of threads) {
    const newest = stored.at(-1)?.seq;
    await until(thread, ({ messages }) => messages.at(-1)?.seq === newest);
    const { messages, pending } = thread.getSnapshot();
    expect(pending).toEqual([]);
    expect(messages.map(({ seq, body }) => ({ seq, body }))).toEqual(
      stored.slice(-messages.length).map(({ seq, body }) => ({ seq, body })),
    );
  }
  for (const close of closers) close();
});
