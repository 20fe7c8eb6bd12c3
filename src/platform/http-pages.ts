import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from './errors.js';

const YEAR_S = 31_536_000;
const WIDGET_KEY = /^[\w-]{1,64}$/;

export interface PagesOptions {
  /** Folder with `widget`, `dashboard` and `demo`, as the client build leaves them. */
  readonly clientDir: string;
  /** Whether the demo business is there to show. */
  hasDemo(): Promise<boolean>;
  /** Origins whose pages may frame the panel of a business. */
  embedders(widgetKey: string): Promise<readonly string[]>;
}

/** The pages of the product. Each answer has its own nonce, and no policy has an `unsafe-` in it. */
export async function registerPages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const { clientDir, embedders, hasDemo } = options;
  const page = (path: string) => createPage(join(clientDir, path));
  const demo = page('demo/index.html');
  const panel = page('widget/panel.html');
  const dashboard = page('dashboard/index.html');
  const hidden = { schema: { hide: true } } as const;

  app.get('/', hidden, async (_request, reply) =>
    (await hasDemo()) ? demo(reply, { 'frame-src': "'self'" }) : reply.redirect('/agent/'),
  );
  app.get('/widget/panel.html', hidden, async (request, reply) => {
    const { key } = request.query as { key?: unknown };
    const allowed = typeof key === 'string' && WIDGET_KEY.test(key) ? await embedders(key) : [];
    return panel(reply, { 'frame-ancestors': ["'self'", ...allowed].join(' ') });
  });
  app.get('/agent', hidden, async (_request, reply) => reply.redirect('/agent/'));
  for (const url of ['/agent/', '/agent/login', '/agent/c/:id']) {
    app.get(url, hidden, async (_request, reply) => dashboard(reply, {}));
  }
  for (const [prefix, folder] of [
    ['/widget/', 'widget'],
    ['/agent/', 'dashboard'],
    ['/demo/', 'demo'],
  ] as const) {
    await serveFiles(app, prefix, join(clientDir, folder));
  }
}

async function serveFiles(app: FastifyInstance, prefix: string, root: string): Promise<void> {
  if (!existsSync(root)) return;
  await app.register(fastifyStatic, {
    root,
    prefix,
    index: false,
    decorateReply: false,
    schemaHide: true,
    allowedPath: (path) => !path.endsWith('.html'),
    cacheControl: false,
    // The build puts a hash into every name but the loader's, whose address stands in other people's pages.
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        /-[\w-]{8}\.\w+$/.test(path)
          ? `public, max-age=${YEAR_S}, immutable`
          : 'public, max-age=300',
      );
    },
  });
}

type Policy = Readonly<Record<string, string>>;

/** Read anew for each answer, some microseconds, so that a rebuild needs no restart. */
function createPage(path: string) {
  return async (reply: FastifyReply, policy: Policy) => {
    const html = await readFile(path, 'utf8').catch((cause) => {
      throw new AppError('not_found', 'This page is not built. Run `npm run build`.', { cause });
    });
    const nonce = randomBytes(16).toString('base64');
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policyOf(nonce, policy))
      .send(html.replaceAll('__CSP_NONCE__', nonce));
  };
}

function policyOf(nonce: string, extra: Policy): string {
  const policy: Policy = {
    'default-src': "'none'",
    'script-src': `'nonce-${nonce}' 'strict-dynamic'`,
    'style-src': `'self' 'nonce-${nonce}'`,
    'img-src': "'self' data: https:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'manifest-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    ...extra,
  };
  return Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}
