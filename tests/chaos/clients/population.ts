import { randomUUID } from 'node:crypto';
import { createSigner } from 'fast-jwt';
import type { TransportName } from '../../../client/sdk/transports/transport.js';
import type { Cluster } from '../cluster/cluster.js';
import type { History } from '../history.js';
import { createRandom, type Random } from '../random.js';
import type { Client, Person } from './client.js';
import { PlainClient } from './plain-client.js';
import { call } from './rest.js';
import { SdkClient } from './sdk-client.js';
import type { WireName } from './wires.js';

/** The mix of clients: a way to connect, and how often it is taken. */
const MIX: readonly (readonly [number, Kind])[] = [
  [30, { wire: 'ws' }],
  [20, { wire: 'sse' }],
  [25, { transports: ['websocket', 'sse'] }],
  [10, { transports: ['websocket'] }],
  [10, { transports: ['sse'] }],
  [10, { transports: ['poll'] }],
];

type Kind = { readonly wire: WireName } | { readonly transports: readonly TransportName[] };

const SECOND_DEVICES = 0.15;
const DAY_S = 86_400;

export interface PopulationSize {
  readonly direct: number;
  readonly support: number;
  readonly agents: number;
  readonly losesAcks: boolean;
}

/** Everybody who takes part in the load. */
export interface Population {
  readonly clients: readonly Client[];
  readonly conversationIds: readonly string[];
}

interface Setting {
  readonly cluster: Cluster;
  readonly history: History;
  readonly random: Random;
  readonly seed: number;
  readonly losesAcks: boolean;
}

export async function populate(
  cluster: Cluster,
  history: History,
  seed: number,
  size: PopulationSize,
): Promise<Population> {
  const random = createRandom(seed, 'population');
  const setting: Setting = { cluster, history, random, seed, losesAcks: size.losesAcks };
  const direct = await inTurn(size.direct, (index) => makeDirect(setting, `d${index}`));
  const support = size.support === 0 ? [] : await makeSupport(setting, size);
  const all = [...direct, ...support];
  return {
    clients: all.flatMap(({ clients }) => clients),
    conversationIds: all.flatMap(({ conversationIds }) => conversationIds),
  };
}

/** Somebody with a token as a host platform issues it. */
export async function meet(cluster: Cluster, claims: object): Promise<Person> {
  const exp = Math.floor(Date.now() / 1_000) + DAY_S;
  const sign = createSigner({ key: cluster.secret, algorithm: 'HS256', noTimestamp: true });
  const token = sign({ sub: randomUUID(), exp, ...claims });
  const { id } = await ask(cluster, token, 'GET', '/api/me');
  return { id, token };
}

export async function openDirect(cluster: Cluster, one: Person, other: Person): Promise<string> {
  const body = { type: 'direct', userId: other.id };
  const item = await ask(cluster, one.token, 'POST', '/api/conversations', body);
  return item.id;
}

async function ask(
  { balancer }: Cluster,
  token: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
) {
  const answer = await call(balancer.url, token, method, path, body);
  if (!answer || answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
  return answer.body;
}

async function makeDirect(setting: Setting, name: string): Promise<Population> {
  const { cluster } = setting;
  const people = [await meet(cluster, { name: 'Amara' }), await meet(cluster, { name: 'Jonas' })];
  const [one, other] = people as [Person, Person];
  const id = await openDirect(cluster, one, other);
  const clients = people.flatMap((person, side) =>
    devices(setting, `${name}${'ab'[side]}`, person, id),
  );
  return { clients, conversationIds: [id] };
}

/** Customers with a conversation each, and agents who have all of them open. */
async function makeSupport(setting: Setting, size: PopulationSize): Promise<Population[]> {
  const { cluster } = setting;
  const businessId = await makeBusiness(cluster);
  const customers = await inTurn(size.support, async (index) => {
    const person = await meet(cluster, { name: 'Customer' });
    const body = { type: 'support', businessId };
    const item = await ask(cluster, person.token, 'POST', '/api/conversations', body);
    const { id } = item;
    return { clients: devices(setting, `c${index}`, person, id), conversationIds: [id] };
  });
  const ids = customers.flatMap(({ conversationIds }) => conversationIds);
  const agents = await inTurn(size.agents, async (index) => {
    const person = await meet(cluster, { name: 'Maya', role: 'AGENT', businessId });
    const kind: Kind = { transports: index % 2 ? ['sse'] : ['websocket', 'sse'] };
    return {
      clients: [makeClient(setting, `agent${index}`, person, ids, kind)],
      conversationIds: [],
    };
  });
  return [...customers, ...agents];
}

async function makeBusiness({ postgres }: Cluster): Promise<string> {
  const [row] = await postgres.ask<{ id: string }>(
    `insert into "Business" ("name", "widgetKey") values ('Kiln & Thread', $1) returning "id"`,
    [`key_${randomUUID()}`],
  );
  return (row as { id: string }).id;
}

function devices(setting: Setting, name: string, person: Person, id: string): Client[] {
  const { random } = setting;
  const names = random.chance(SECOND_DEVICES) ? [name, `${name}-second`] : [name];
  return names.map((one) => makeClient(setting, one, person, [id], draw(random)));
}

function draw(random: Random): Kind {
  let at = random.next() * MIX.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, kind] of MIX) {
    at -= weight;
    if (at < 0) return kind;
  }
  return (MIX[0] as (typeof MIX)[number])[1];
}

function makeClient(
  { cluster, history, seed, losesAcks }: Setting,
  name: string,
  person: Person,
  conversationIds: readonly string[],
  kind: Kind,
): Client {
  const { url } = cluster.balancer;
  const shared = { name, person, url, history, losesAcks, random: createRandom(seed, name) };
  return 'wire' in kind
    ? new PlainClient({ ...shared, wire: kind.wire, conversationId: conversationIds[0] as string })
    : new SdkClient({ ...shared, transports: kind.transports, conversationIds });
}

const AT_ONCE = 8;

async function inTurn<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - first);
    made.push(...(await Promise.all(Array.from({ length: size }, (_, i) => make(first + i)))));
  }
  return made;
}
