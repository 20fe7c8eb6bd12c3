import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Message } from '../../src/protocol/resources/message.js';
import { api } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { startNode, type TestNode } from '../support/node.js';
import { createBusiness, meet, meetAgent, openSupport, type Person } from '../support/people.js';
import { isolateRedis } from '../support/redis.js';
import { PlainClient } from './plain-client.js';
import { SdkClient } from './sdk-client.js';

let database: TestDatabase;
let nodes: TestNode[];
const open: SdkClient[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  const redis = await isolateRedis();
  nodes = await Promise.all([0, 1].map(() => startNode({ databaseUrl: database.url, redis })));
});

afterAll(async () => {
  for (const one of open) one.destroy();
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

const CLIENTS = 6;
const client = fc.nat(CLIENTS - 1);
const node = fc.nat(1);
const pick = fc.nat(1_000);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send' as const), client, node }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), client, node, pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), client, node, pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), client, node, pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const), client, node }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), client, node }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test('whatever is sent, repeated, edited, deleted, cut and resumed over two nodes, every client ends with the state of a fresh load', async () => {
  const steps = fc.array(step, { minLength: 60, maxLength: 120 });
  await fc.assert(fc.asyncProperty(steps, drive), { numRuns: 15, endOnFailure: true });
}, 120_000);

/** One conversation, three people, each with a plain and an SDK client; the steps of one run overlap freely. */
async function drive(steps: readonly Step[]): Promise<void> {
  const url = (index: number) => (nodes[index] as TestNode).url;
  let turn = 0;
  const anyNode = () => url(turn++ % 2);
  const business = await createBusiness((nodes[0] as TestNode).database);
  const customer = await meet(url(0), { name: 'Amara Osei' });
  const people: Person[] = [
    customer,
    await meetAgent(url(0), business, 'Maya'),
    await meetAgent(url(1), business, 'Jonas'),
  ];
  const { id } = await openSupport(url(0), customer, business);
  const plain = people.map(({ token }) => new PlainClient(token, id));
  const sdk = people.map(({ token }) => new SdkClient(token, id, anyNode));
  const requests: Promise<unknown>[] = [];
  const sent: { person: Person; clientId: string; body: string }[] = [];
  const path = `/api/conversations/${id}/messages`;
  open.push(...sdk);

  const act = async (one: Step, index: number) => {
    const person = people[one.client % people.length] as Person;
    const byPlain = plain[one.client % plain.length] as PlainClient;
    const bySdk = sdk[one.client % sdk.length] as SdkClient;
    const rest = api(url(one.node), person.token);
    const body = `message ${index}`;
    switch (one.do) {
      case 'send': {
        const clientId = `c${index}`;
        sent.push({ person, clientId, body });
        if (one.client >= people.length) bySdk.send(body);
        else if (!byPlain.send({ type: 'message', body, clientId }))
          requests.push(rest.post(path, { body, clientId }));
        return;
      }
      case 'repeat': {
        const earlier = sent[one.pick % Math.max(1, sent.length)];
        if (!earlier) return;
        const { person: sender, clientId, body: same } = earlier;
        requests.push(api(url(one.node), sender.token).post(path, { body: same, clientId }));
        return;
      }
      case 'edit':
        requests.push(rest.patch(`${path}/${one.pick % (index + 3)}`, { body: `${body}, edited` }));
        return;
      case 'remove':
        requests.push(rest.delete(`${path}/${one.pick % (index + 3)}`));
        return;
      case 'cut':
        if (one.client >= people.length) bySdk.cut();
        else await byPlain.cut();
        return;
      case 'connect':
        await byPlain.connect(url(one.node));
    }
  };

  for (const [index, one] of steps.entries()) await act(one, index);
  const state = () => ({
    sdk: sdk.map(({ chat, thread }) => [
      chat.connection.getSnapshot(),
      thread.getSnapshot().pending,
      thread.getSnapshot().messages.length,
    ]),
    plain: plain.map(({ position, violations }) => [position, violations]),
  });
  const within = <T>(what: string, waiting: Promise<T>) => bounded(what, waiting, state);
  await within('requests are answered', Promise.all(requests));
  await within('every send of the SDK is answered', Promise.all(sdk.flatMap(({ sends }) => sends)));
  // A frame of a plain client that was cut while sending is repeated, as any client would.
  await Promise.all(
    sent.map(({ person, clientId, body }) =>
      api(anyNode(), person.token).post(path, { body, clientId }),
    ),
  );

  const truth = await freshLoad(url(0), customer, id);
  await within(
    'plain clients connect',
    Promise.all(plain.map((one, index) => one.connect(url(index % 2)))),
  );
  await within('plain clients arrive', Promise.all(plain.map((one) => one.reach(truth.head))));
  const arrived = (one: SdkClient) =>
    one.until(() => same(one.thread.getSnapshot().messages, truth.items));
  await within('SDK clients arrive', Promise.all(sdk.map(arrived)));

  for (const one of plain) {
    expect(one.violations).toEqual([]);
    expect(one.position).toBe(truth.head);
    expect([...one.messages.values()].sort((a, b) => a.seq - b.seq)).toEqual(truth.items);
    await one.cut();
  }
  for (const [index, one] of sdk.entries()) {
    const others = truth.items.filter(({ senderId }) => senderId !== (people[index] as Person).id);
    const told = one.received.map(({ seq }) => seq);
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
    expect(others.map(({ seq }) => seq)).toEqual(expect.arrayContaining(told));
    expect(one.thread.getSnapshot().pending).toEqual([]);
    one.destroy();
  }
  expect(new Set(truth.items.map(({ senderId, clientId }) => `${senderId} ${clientId}`)).size).toBe(
    truth.items.length,
  );
  for (const { person, clientId } of sent.filter(({ clientId: key }) => !key.startsWith('sdk'))) {
    const stored = truth.items.filter(
      (item) => item.senderId === person.id && item.clientId === clientId,
    );
    expect(stored.length).toBe(1);
  }
}

async function freshLoad(
  url: string,
  person: Person,
  id: string,
): Promise<{ items: Message[]; head: number }> {
  const { body } = await api(url, person.token).get(`/api/conversations/${id}/messages?limit=200`);
  return body as { items: Message[]; head: number };
}

/** By way of JSON: what `fetch` parses comes from another realm than the test, with prototypes of its own. */
const plainly = (messages: readonly Message[]) => JSON.parse(JSON.stringify(messages));
const same = (some: readonly Message[], others: readonly Message[]) =>
  isDeepStrictEqual(plainly(some), plainly(others));

/** A hang fails with what everybody was waiting for. */
async function bounded<T>(what: string, waiting: Promise<T>, state: () => unknown): Promise<T> {
  const limit = new AbortController();
  const late = setTimeout(15_000, undefined, { signal: limit.signal, ref: false }).then(() => {
    throw new Error(`Not within 15 s: ${what}\n${JSON.stringify(state(), null, 1)}`);
  });
  late.catch(() => {});
  return Promise.race([waiting, late]).finally(() => limit.abort());
}
