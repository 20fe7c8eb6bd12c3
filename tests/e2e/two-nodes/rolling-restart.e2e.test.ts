import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/sdk/index.js';
import { type Balancer, startBalancer } from '../../support/balancer.js';
import { type Deployment, deploy } from './deployment.js';
import { history, online, openSupport, signIn, until } from './sdk-people.js';

let nodes: Deployment;
let balancers: readonly Balancer[];
const chats: Chat[] = [];
beforeAll(async () => {
  nodes = await deploy({ drainMs: 1_000 });
  const { a, b } = nodes;
  // Each prefers another node, so that both restarts meet somebody.
  balancers = [await startBalancer([a.port, b.port]), await startBalancer([b.port, a.port])];
});
afterAll(async () => {
  for (const chat of chats) chat.destroy();
  for (const balancer of balancers) await balancer.stop();
  await nodes.remove();
});

test('people who write while every node is replaced notice nothing', async () => {
  const [one, other] = balancers.map(({ url }) => url) as [string, string];
  const customer = await signIn(one, 'customer@savanna.test');
  const agent = await signIn(other, 'agent1@savanna.test');
  chats.push(customer, agent);
  const errors: unknown[] = [];
  const heard: Record<'customer' | 'agent', string[]> = { customer: [], agent: [] };
  for (const chat of chats) {
    chat.on('error', (error) => errors.push(error));
    chat.connect();
    await online(chat);
  }
  customer.on('message', ({ body }) => heard.customer.push(body));
  agent.on('message', ({ body }) => heard.agent.push(body));
  const id = await openSupport(customer);
  const threads = { customer: customer.thread(id), agent: agent.thread(id) };
  const closers = Object.values(threads).map((thread) => thread.open());

  let isDone = false;
  const speak = async (name: 'customer' | 'agent') => {
    const said: string[] = [];
    while (!isDone) {
      const body = `${name} says ${said.length}`;
      await threads[name].send(body).sent;
      said.push(body);
    }
    return said;
  };
  const speaking = Promise.all([speak('customer'), speak('agent')]);
  const codes: (number | null)[] = [];
  for (const name of ['a', 'b'] as const) codes.push(await nodes.restart(name));
  isDone = true;
  const [customerSaid, agentSaid] = await speaking;

  expect(codes).toEqual([0, 0]);
  expect(errors).toEqual([]);
  const stored = await history(agent, id);
  const newest = stored.at(-1)?.seq;
  for (const thread of Object.values(threads))
    await until(thread, ({ messages }) => messages.at(-1)?.seq === newest);
  const bodiesOf = (name: string) =>
    stored.map(({ body }) => body).filter((body) => body.startsWith(name));
  expect(bodiesOf('customer')).toEqual(customerSaid);
  expect(bodiesOf('agent')).toEqual(agentSaid);
  expect(heard).toEqual({ customer: agentSaid, agent: customerSaid });
  for (const close of closers) close();
}, 120_000);
