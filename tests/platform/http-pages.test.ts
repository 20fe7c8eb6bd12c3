import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { loadConfig } from '../../src/config.js';
import { registerPages } from '../../src/platform/http-pages.js';
import { createHttpServer } from '../../src/platform/http-server.js';
import { api } from '../support/api.js';
import { silent } from '../support/log.js';

const HTML = (title: string) =>
  `<!doctype html><title>${title}</title><script nonce="__CSP_NONCE__"></script><style nonce="__CSP_NONCE__"></style>`;
const FILES = {
  'demo/index.html': HTML('Demo'),
  'dashboard/index.html': HTML('Dashboard'),
  'dashboard/assets/main-Ab3_x-9Z.js': 'export {};',
  'widget/panel.html': HTML('Panel'),
  'widget/loader.js': 'void 0;',
  'widget/assets/panel-Ab3_x-9Z.css': ':root {}',
  'secret.txt': 'not for anybody',
};

let clientDir: string;
let http: FastifyInstance;
let url: string;
let isDemo: boolean;
let asked: string[];

beforeAll(async () => {
  clientDir = await mkdtemp(join(tmpdir(), 'chat-pages-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(clientDir, path)), { recursive: true });
    await writeFile(join(clientDir, path), text);
  }
  ({ http, url } = await serve(clientDir));
});

afterAll(async () => {
  await http.close();
  await rm(clientDir, { recursive: true });
});

beforeEach(() => {
  isDemo = true;
  asked = [];
});

async function serve(folder: string) {
  const config = loadConfig({ LIMIT_REQUESTS_PER_MINUTE: '1000' });
  const server = await createHttpServer({ config, log: silent, redis: undefined });
  await registerPages(server, {
    clientDir: folder,
    hasDemo: async () => isDemo,
    embedders: async (key) => {
      asked.push(key);
      return key === 'kiln' ? ['https://kiln.example', 'https://shop.example'] : [];
    },
  });
  return { http: server, url: await server.listen({ port: 0, host: '127.0.0.1' }) };
}

const get = (path: string) => api(url).get(path);

/** The directives of the policy of an answer. */
function policyOf({ headers }: { headers: Record<string, string> }): Record<string, string> {
  const directives = headers['content-security-policy']?.split('; ') ?? [];
  return Object.fromEntries(directives.map((text) => text.split(/ (.*)/s).slice(0, 2)));
}

const PAGES = [
  ['/', 'Demo'],
  ['/agent/', 'Dashboard'],
  ['/agent/login', 'Dashboard'],
  ['/agent/c/some-conversation', 'Dashboard'],
  ['/widget/panel.html', 'Panel'],
] as const;

describe.each(PAGES)('the page at %s', (path, title) => {
  test('answers', async () => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.text).toContain(`<title>${title}</title>`);
  });

  test('runs only what carries its nonce, which is another each time', async () => {
    const [one, other] = [await get(path), await get(path)];
    const nonce = /'nonce-([^']+)'/.exec(policyOf(one)['script-src'] ?? '')?.[1] ?? '';
    expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
    expect(one.text).toContain(`<script nonce="${nonce}">`);
    expect(one.text).not.toContain('__CSP_NONCE__');
    expect(policyOf(other)['script-src']).not.toContain(nonce);
  });

  test('has a policy that closes everything and opens nothing unsafe', async () => {
    const answer = await get(path);
    expect(answer.headers['content-security-policy']).not.toContain('unsafe-');
    expect(policyOf(answer)).toMatchObject({
      'default-src': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'connect-src': "'self'",
      'require-trusted-types-for': "'script'",
    });
  });
});

describe('frames', () => {
  test('only the panel may stand in one, and only in pages that its business has named', async () => {
    for (const path of ['/', '/agent/']) {
      expect(policyOf(await get(path))['frame-ancestors']).toBe("'none'");
    }
    const ancestors = async (query: string) =>
      policyOf(await get(`/widget/panel.html${query}`))['frame-ancestors'];
    expect(await ancestors('')).toBe("'self'");
    expect(await ancestors('?key=unknown')).toBe("'self'");
    expect(await ancestors('?key=kiln')).toBe("'self' https://kiln.example https://shop.example");
  });

  test.each(['a%00b', "kiln'--", 'k'.repeat(65), 'kiln&key=kiln', ''])(
    'nobody is asked for what is no key: %s',
    async (key) => {
      const answer = await get(`/widget/panel.html?key=${key}`);
      expect(answer.status).toBe(200);
      expect(policyOf(answer)['frame-ancestors']).toBe("'self'");
      expect(asked).toEqual([]);
    },
  );

  test('the demo page may show the panel', async () => {
    expect(policyOf(await get('/'))['frame-src']).toBe("'self'");
  });
});

describe('addresses', () => {
  test('without the demo business the first page is the dashboard', async () => {
    isDemo = false;
    const answer = await get('/');
    expect([answer.status, answer.headers.location]).toEqual([302, '/agent/']);
  });

  test('/agent leads to /agent/', async () => {
    expect((await get('/agent')).headers.location).toBe('/agent/');
  });
});

describe('files', () => {
  test.each([
    '/agent/index.html',
    '/demo/index.html',
    '/widget/',
    '/agent/assets/',
    '/agent/nothing.js',
    '/widget/../secret.txt',
    '/widget/..%2fsecret.txt',
    '/widget/%2e%2e/secret.txt',
    '/secret.txt',
  ])('%s is not given away', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('not for anybody');
    expect(answer.text).not.toContain('<title>');
  });

  test.each(['/agent/assets/main-Ab3_x-9Z.js', '/widget/assets/panel-Ab3_x-9Z.css'])(
    '%s, whose name changes with its content, may be kept for ever',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    },
  );

  test('the loader is asked for again after minutes, and any page may load it', async () => {
    const { headers } = await get('/widget/loader.js');
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin');
    expect(headers['x-frame-options']).toBeUndefined();
  });
});

test('a client that is not built yet is said to be so, and found once it is', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'chat-pages-'));
  const server = await serve(empty);
  const page = () => api(server.url).get('/agent/');
  expect((await page()).body).toMatchObject({
    status: 404,
    detail: 'This page is not built. Run `npm run build`.',
  });
  await mkdir(join(empty, 'dashboard'));
  await writeFile(join(empty, 'dashboard/index.html'), HTML('Dashboard'));
  expect((await page()).status).toBe(200);
  await server.http.close();
  await rm(empty, { recursive: true });
});
