import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRestClient } from '../../../client/sdk/index.js';
import { type EmbeddedNode, startEmbeddedNode } from './embedded-node.js';

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

let node: EmbeddedNode;
beforeAll(async () => {
  node = await startEmbeddedNode();
});
afterAll(() => node.remove());

test('a wrong configuration ends the start with one message that names every wrong variable', async () => {
  const { code, errors } = await start({
    PORT: '70000',
    DATABASE_URL: 'mysql://nowhere',
    REDIS_URL: 'localhost',
    CORS_ORIGIN: 'shop.example',
  });
  expect(code).toBe(1);
  expect(errors).toMatch(/^The configuration is wrong:\n( {2}[A-Z_]+ must .+\n){4}$/);
});

test('production does not start on generated secrets and embedded storage', async () => {
  const { code, errors } = await start({ NODE_ENV: 'production' });
  expect(code).toBe(1);
  expect(errors).toMatch(/DATABASE_URL is required.*\n.*JWT_SECRET must have at least 32 bytes/);
});

test('a taken port ends the start with one line, and the database does not stay behind', async () => {
  const dataDir = `${node.dataDir}-of-another`;
  const { code, errors } = await start({ PORT: `${node.port}`, DATA_DIR: dataDir });
  expect(code).toBe(1);
  expect(errors).toBe(
    `Port ${node.port} is taken. Stop what uses it, or choose another: PORT=3001 npm start\n`,
  );
  await expect(access(join(dataDir, 'postgres/data/postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('data that another node is using is left alone', async () => {
  const { code, errors } = await start({ PORT: '0', DATA_DIR: node.dataDir });
  expect(code).toBe(1);
  expect(errors).toBe(
    `${node.dataDir} is in use by another running ServiHub Chat: stop it, or set DATA_DIR.\n`,
  );
});

test('after kill -9 the next start goes on with what was there, logins included', async () => {
  const open = createRestClient({ url: node.url });
  const { token } = await open.login('customer@savanna.test', 'savanna-demo');
  const { businessId } = await open.widgetConfig('savanna');
  const customer = createRestClient({ url: node.url, token });
  const { id } = await customer.createConversation({ type: 'support', businessId });
  await customer.send(id, { body: 'Written before.' });
  const pidFile = join(node.dataDir, 'postgres/data/postmaster.pid');
  const before = await readFile(pidFile, 'utf8');

  await node.restart('kill');

  expect((await readFile(pidFile, 'utf8')).split('\n')[0]).toBe(before.split('\n')[0]);
  const { items } = await customer.messages(id);
  expect(items.map(({ body }) => body)).toEqual(['Written before.']);
});

/** `npm start` to its end, with only this environment. */
async function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [START], {
    env: { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, errors };
}
