import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { openRedis, openSubscriber } from '../../src/platform/redis.js';
import { api } from '../support/api.js';
import { cloneDatabase } from '../support/database.js';
import { silent } from '../support/log.js';
import { startNode } from '../support/node.js';
import { createBusiness, meet, meetAgent, openSupport } from '../support/people.js';
import { ownRedis } from '../support/redis.js';
import { connect } from '../support/socket.js';

const run = promisify(execFile);

test('a peer that accepts and never answers is given up and tried again', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
    server.emit('accepted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  for (const open of [openRedis, openSubscriber]) {
    const before = sockets.length;
    const redis = open(`redis://127.0.0.1:${port}`, silent, 50);
    while (sockets.length < before + 2) await once(server, 'accepted');
    redis.disconnect();
  }
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** The rule that DEPLOY.md gives. */
const RULE = 'resetchannels ~chat:* &chat:* +@all -@admin -@dangerous +info';

test('a Redis user who may touch nothing but the prefix is enough for the whole product', async () => {
  const redis = await ownRedis();
  const operator = new Redis(redis.url);
  await operator.call('ACL', 'SETUSER', 'chat', 'on', '>secret', ...RULE.split(' '));
  const database = await cloneDatabase();
  const url = redis.url.replace('redis://', 'redis://chat:secret@');
  const shared = { databaseUrl: database.url, redis: { url, prefix: 'chat' } };
  const [one, two] = [await startNode(shared), await startNode(shared)];
  const business = await createBusiness(one.database);
  const customer = await meet(one.url);
  const agent = await meetAgent(one.url, business);
  const conversationId = (await openSupport(one.url, customer, business)).id;
  const issued = await api(two.url, agent.token).post('/api/auth/ticket');
  const mine = await connect(one.url, { token: customer.token, conversationId });
  const theirs = await connect(two.url, { query: { ticket: issued.body.ticket, conversationId } });
  mine.send({ type: 'message', body: 'let in' });
  await theirs.frame('message', ({ body }) => body === 'let in');
  theirs.send({ type: 'typing' });
  await mine.frame('typing');
  await theirs.frame('status', (frame) => 'userId' in frame && frame.userId === customer.id);
  expect((await operator.call('ACL', 'LOG')) as unknown[]).toEqual([]);
  await Promise.all([mine.close(), theirs.close()]);
  await Promise.all([one.stop(), two.stop()]);
  operator.disconnect();
  await database.drop();
  await redis.stop();
}, 30_000);

const TALK = `
  import './scripts/typescript.mjs';
  const { openRedis, openSubscriber } = await import('./src/platform/redis.ts');
  const { createBus } = await import('./src/realtime/bus/index.ts');
  const log = { info() {}, error() {}, warn: ({ err }) => { console.log(err.message); process.exit(3); } };
  const url = process.argv[1];
  const [commands, subscriber] = [openRedis(url, log), openSubscriber(url, log)];
  await createBus({ commands, subscriber, prefix: 'p' }, { log, canaryMs: 50 }).subscribe(() => {});
  console.log('healthy');
  process.exit(0);`;

test('over TLS Redis is used when its certificate is trusted, and not otherwise', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names];
  await run('openssl', ['req', ...made, '-keyout', key, '-out', certificate]);
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key];
  const plain = await ownRedis();
  await plain.stop();
  const tls = ['--port', '0', '--tls-port', `${plain.port}`, '--tls-auth-clients', 'no'];
  const redis = await ownRedis([...tls, ...files, '--tls-ca-cert-file', certificate]);
  const url = `rediss://localhost:${plain.port}`;
  const talk = (env: NodeJS.ProcessEnv) =>
    run(process.execPath, ['--input-type=module', '--eval', TALK, url], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env.PATH, ...env },
    });
  expect((await talk({ NODE_EXTRA_CA_CERTS: certificate })).stdout).toBe('healthy\n');
  await expect(talk({})).rejects.toMatchObject({
    code: 3,
    stdout: expect.stringContaining('self-signed certificate'),
  });
  await redis.stop();
  await rm(folder, { recursive: true });
}, 30_000);
