import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOL = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const CONFIG = join(ROOT, '.dependency-cruiser.mjs');

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

/** Answers `rule: from -> to` for each violation in the sources below `cwd`. */
async function cruise(cwd: string, folders: readonly string[]): Promise<string[]> {
  const args = [TOOL, '--config', CONFIG, '--output-type', 'json', ...folders];
  const json = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (stdout.startsWith('{')) resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
  const { summary } = JSON.parse(json) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

/** File by file: a source, its line, and the rule that it breaks, or null where it is allowed. */
const planted: readonly (readonly [file: string, line: string, rule: string | null])[] = [
  ['src/protocol/a.ts', `import '../platform/clock.js';`, 'protocol-is-a-leaf'],
  ['src/protocol/b.ts', `import 'node:fs';`, 'protocol-is-a-leaf'],
  ['src/protocol/c.ts', `import 'typebox';`, null],
  ['src/platform/a.ts', `import '../modules/cats/index.js';`, 'platform-knows-no-feature'],
  ['src/platform/b.ts', `import '../realtime/hub.js';`, 'platform-knows-no-feature'],
  ['src/realtime/a.ts', `import '../modules/cats/index.js';`, 'realtime-knows-no-feature'],
  ['src/realtime/b.ts', `import '../platform/clock.js';`, null],
  ['src/realtime/c.ts', `import '../app.js';`, 'only-app-and-main-compose'],
  [
    'src/modules/dogs/a.ts',
    `import type { Cat } from '../cats/service.js';`,
    'modules-meet-at-their-index',
  ],
  ['src/modules/dogs/b.ts', `import { cat } from '../cats/index.js';`, 'modules-share-only-types'],
  ['src/modules/dogs/c.ts', `import type { Cat } from '../cats/index.js';`, null],
  ['src/modules/dogs/d.ts', `import './service.js';`, null],
  [
    'src/modules/dogs/e.ts',
    `import '../../generated/prisma/client.js';`,
    'prisma-only-in-repositories',
  ],
  ['src/modules/dogs/f.ts', `import '@prisma/client';`, 'prisma-only-in-repositories'],
  ['src/modules/dogs/repository.ts', `import '../../generated/prisma/client.js';`, null],
  ['src/modules/dogs/log-repository.ts', `import '../../generated/prisma/client.js';`, null],
  ['src/realtime/bus/bus.ts', `import 'ioredis';`, 'ioredis-only-in-redis-files'],
  ['src/realtime/bus/redis-bus.ts', `import 'ioredis';`, null],
  ['src/modules/dogs/service.ts', `import 'fastify';`, 'fastify-only-at-the-edge'],
  ['src/realtime/session.ts', `import '@fastify/cors';`, 'fastify-only-at-the-edge'],
  ['src/modules/dogs/routes.ts', `import 'fastify';`, null],
  ['src/realtime/transports/sse.ts', `import 'fastify';`, null],
  [
    'src/modules/dogs/policy.ts',
    `import '../../platform/clock.js';`,
    'policy-and-present-are-pure',
  ],
  ['src/modules/dogs/present.ts', `import 'node:fs';`, 'policy-and-present-are-pure'],
  ['src/modules/cats/policy.ts', `import '../../platform/errors.js';`, null],
  ['src/modules/cats/present.ts', `import type { Clock } from '../../platform/clock.js';`, null],
  ['src/x.ts', `import './y.js';`, 'no-cycles'],
  ['src/z.ts', `import './nowhere.js';`, 'everything-resolves'],
  ['src/server.ts', `import '../client/sdk/chat';`, 'server-knows-no-client'],
  ['client/sdk/a.ts', `import '../../src/platform/clock.js';`, 'client-sees-only-the-protocol'],
  ['client/sdk/b.ts', `import { x } from '@protocol/frames';`, 'client-takes-schemas-as-types'],
  ['client/sdk/c.ts', `import type { X } from '@protocol/frames';`, null],
  ['client/sdk/d.ts', `import { x } from '@protocol/limits';`, null],
  ['client/sdk/e.ts', `import 'react';`, 'sdk-is-headless'],
  ['client/sdk/f.ts', `import '../react/provider';`, 'sdk-is-headless'],
  ['client/ui/a.tsx', `import '../react/provider';`, 'ui-takes-props'],
  ['client/ui/b.tsx', `import type { Chat } from '../sdk/chat';`, null],
  ['client/widget/a.ts', `import '../dashboard/page';`, 'apps-do-not-import-each-other'],
  ['client/widget/b.ts', `import '../sdk/chat';`, null],
  ['client/react/a.tsx', `import '../widget/panel';`, 'shared-parts-know-no-app'],
];

/** What the planted sources import. */
const surroundings = [
  'src/app.ts',
  'src/platform/clock.ts',
  'src/platform/errors.ts',
  'src/protocol/frames.ts',
  'src/protocol/limits.ts',
  'src/realtime/hub.ts',
  'src/generated/prisma/client.ts',
  'src/modules/cats/index.ts',
  'src/modules/cats/service.ts',
  'client/sdk/chat.ts',
  'client/react/provider.tsx',
  'client/dashboard/page.tsx',
  'client/widget/panel.tsx',
];

test('the sources follow the architecture', async () => {
  expect(await cruise(ROOT, ['src', 'client', 'tests'])).toEqual([]);
}, 60_000);

describe('the rules', () => {
  let base: string;
  let violations: string[];

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'chat-architecture-'));
    for (const file of surroundings) await write(file, 'export {};');
    await write('src/y.ts', `import './x.js';`);
    for (const [file, line] of planted) await write(file, `${line}\nexport {};`);
    violations = await cruise(base, ['src', 'client']);
  }, 60_000);

  afterAll(() => rm(base, { recursive: true }));

  async function write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(base, file)), { recursive: true });
    await writeFile(join(base, file), text);
  }

  const brokenBy = (file: string): string[] =>
    violations
      .filter((violation) => violation.includes(`: ${file} -> `))
      .map((violation) => violation.split(':')[0] ?? '');

  test.each(planted.filter(([, , rule]) => rule))('%s may not say %s (%s)', (file, _line, rule) => {
    expect(brokenBy(file)).toContain(rule);
  });

  // Packages are not installed in the planted tree; that they resolve is proved on the real one.
  test.each(planted.filter(([, , rule]) => !rule))('%s may say %s', (file) => {
    expect(brokenBy(file).filter((rule) => rule !== 'everything-resolves')).toEqual([]);
  });
});
