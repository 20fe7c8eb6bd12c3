import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStream, streamRequest, TestStream } from '../../realtime/streams.js';
import { api } from '../../support/api.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startNode, type TestNode } from '../../support/node.js';
import { createBusiness, meet, openSupport, type Person } from '../../support/people.js';
import { type NginxOptions, startNginx } from './nginx.js';

const SHOP = 'https://shop.example';
let database: TestDatabase;
let node: TestNode;
let customer: Person;
let conversationId: string;

beforeAll(async () => {
  database = await cloneDatabase();
  node = await startNode({ databaseUrl: database.url, env: { CORS_ORIGIN: SHOP } });
  const business = await createBusiness(node.database);
  customer = await meet(node.url);
  conversationId = (await openSupport(node.url, customer, business)).id;
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

async function behind(options: Omit<NginxOptions, 'port'>, body: (url: string) => Promise<void>) {
  const nginx = await startNginx({ port: node.port, ...options });
  try {
    await body(nginx.url);
  } finally {
    await nginx.stop();
  }
}

const asked = () => ({
  token: customer.token,
  conversationId,
  headers: { 'accept-encoding': 'gzip, br', origin: SHOP },
});

/** Each message is sent once the one before it has come, so that nothing buffered is pushed out by the next. */
async function comeOneByOne(stream: TestStream<Readable>): Promise<void> {
  for (const body of ['one', 'two', 'three']) {
    const { status } = await api(node.url, customer.token).post(
      `/api/conversations/${conversationId}/messages`,
      { body },
    );
    expect(status).toBe(201);
    await stream.frame('message', (message) => message.body === body);
  }
  await stream.close();
}

test.each<[string, string[]]>([
  ['as it comes: HTTP/1.0 to the node, buffering on', []],
  ['with HTTP/1.1 to the node', ['proxy_http_version 1.1;', 'proxy_set_header Connection "";']],
  ['that compresses', ['gzip on;', 'gzip_proxied any;', 'gzip_min_length 1;']],
  ['with large buffers', ['proxy_buffers 8 64k;', 'proxy_buffer_size 64k;', 'gzip on;']],
])('[C10] frames come at once and uncompressed through an nginx %s', (_how, directives) =>
  behind({ directives }, async (url) => {
    const stream = await openStream(url, asked());
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'access-control-allow-origin': SHOP,
    });
    expect(stream.response.headers['content-encoding']).toBeUndefined();
    await comeOneByOne(stream);
  }),
);

test('[C10] frames come at once even where nginx is told to compress event streams', () =>
  behind({ directives: ['gzip on;', 'gzip_types *;'] }, async (url) => {
    const { address, headers } = streamRequest(url, asked());
    const [response] = (await once(get(address, { headers, agent: false }), 'response')) as [
      IncomingMessage,
    ];
    expect(response.headers['content-encoding']).toBe('gzip');
    const stream = new TestStream(url, response.pipe(createGunzip()), asked());
    await comeOneByOne(stream);
    response.destroy();
  }));

test('[C10] frames come at once over HTTP/2', () =>
  behind({ http2: true }, async (url) => {
    const session = connectHttp2(url);
    const { stream, answer } = await openHttp2(url, session.request.bind(session));
    expect(answer).toMatchObject({ ':status': 200, 'access-control-allow-origin': SHOP });
    expect(answer['content-encoding']).toBeUndefined();
    await comeOneByOne(stream);
    session.destroy();
  }));

async function openHttp2(
  url: string,
  request: (headers: Record<string, string>) => ClientHttp2Stream,
) {
  const { address, headers } = streamRequest(url, asked());
  const response = request({ ':path': `${address.pathname}${address.search}`, ...headers });
  const [answer] = (await once(response, 'response')) as [Record<string, unknown>];
  const stream = new TestStream(url, response, asked());
  await stream.frame('ready');
  return { stream, answer };
}
