import { fileURLToPath } from 'node:url';

/** An import that is left over at run time. */
const AT_RUN_TIME = { dependencyTypesNot: ['type-only'] };

const npm = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;

const PRISMA_HOLDERS = [
  '^src/(app|demo|platform/database)\\.ts$',
  '^src/modules/[^/]+/(repository|sql)\\.ts$',
  '^src/(modules/[^/]+|platform)/[a-z-]+-repository\\.ts$',
];
const FASTIFY_HOLDERS =
  '^src/(app|main|platform/http-[^/]+|modules/[^/]+/routes|realtime/transports/[^/]+)\\.ts$';
const REDIS_HOLDERS = '^src/(platform/redis|.*/redis-[^/]+)\\.ts$';
const APPS = 'widget|dashboard|messenger|demo';

/** The architecture: who may import whom. Each rule says what is forbidden. */
const rules = [
  {
    name: 'no-cycles',
    comment: 'Modules that need each other are one module, or miss a third.',
    from: {},
    to: { circular: true, viaOnly: AT_RUN_TIME },
  },
  {
    name: 'protocol-is-a-leaf',
    comment: 'The wire contract depends on nothing but TypeBox.',
    from: { path: '^src/protocol/' },
    to: { pathNot: ['^src/protocol/', npm('typebox')] },
  },
  {
    name: 'platform-knows-no-feature',
    comment: 'Infrastructure serves everything and knows none of it.',
    from: { path: '^src/platform/' },
    to: { path: '^src/', pathNot: ['^src/(platform|protocol|generated)/', '^src/config\\.ts$'] },
  },
  {
    name: 'realtime-knows-no-feature',
    comment: 'The kernel carries frames; what they mean is in the modules.',
    from: { path: '^src/realtime/' },
    to: { path: '^src/(modules/|app\\.ts|main\\.ts)' },
  },
  {
    name: 'modules-meet-at-their-index',
    comment: 'What a module shows to others is its index.ts.',
    from: { path: '^src/modules/([^/]+)/' },
    to: { path: '^src/modules/[^/]+/', pathNot: ['^src/modules/$1/', '/index\\.ts$'] },
  },
  {
    name: 'modules-share-only-types',
    comment: 'app.ts passes one service to another; nobody fetches it by import.',
    from: { path: '^src/modules/([^/]+)/' },
    to: { path: '^src/modules/[^/]+/', pathNot: '^src/modules/$1/', ...AT_RUN_TIME },
  },
  {
    name: 'only-app-and-main-compose',
    comment: 'Nothing reaches back up to the composition root.',
    from: { path: '^src/', pathNot: '^src/(main|app)\\.ts$' },
    to: { path: '^src/(main|app)\\.ts$' },
  },
  {
    name: 'prisma-only-in-repositories',
    comment: 'The database is asked in repositories; everything else takes plain values.',
    from: { path: '^src/', pathNot: [...PRISMA_HOLDERS, '^src/generated/'] },
    to: { path: ['^src/generated/', npm('@prisma/[^/]+')] },
  },
  {
    name: 'ioredis-only-in-redis-files',
    comment: 'Redis is one implementation of an interface.',
    from: { path: '^src/', pathNot: REDIS_HOLDERS },
    to: { path: npm('ioredis') },
  },
  {
    name: 'fastify-only-at-the-edge',
    comment: 'HTTP ends in routes and transports.',
    from: { path: '^src/', pathNot: FASTIFY_HOLDERS },
    to: { path: npm('fastify', '@fastify/[^/]+') },
  },
  {
    name: 'policy-and-present-are-pure',
    comment:
      'Decisions and shapes are functions of their arguments: no storage, no clock, no network.',
    from: { path: '^src/modules/([^/]+)/(policy|present)\\.ts$' },
    to: {
      pathNot: [
        '^src/protocol/',
        '^src/platform/errors\\.ts$',
        '^src/modules/$1/(policy|present)\\.ts$',
      ],
      ...AT_RUN_TIME,
    },
  },
  {
    name: 'client-sees-only-the-protocol',
    comment: 'Of the server the client knows the wire.',
    from: { path: '^client/' },
    to: { path: '^src/', pathNot: '^src/protocol/' },
  },
  {
    name: 'client-takes-schemas-as-types',
    comment:
      'TypeBox does not belong into a bundle; four files of the protocol have no dependency.',
    from: { path: '^client/' },
    to: {
      path: '^src/protocol/',
      pathNot: '^src/protocol/(errors|close-codes|limits|version)\\.ts$',
      ...AT_RUN_TIME,
    },
  },
  {
    name: 'sdk-is-headless',
    comment: 'The SDK runs in browsers, workers and Node: no framework, no package at all.',
    from: { path: '^client/sdk/' },
    to: { pathNot: ['^client/sdk/', '^src/protocol/'] },
  },
  {
    name: 'ui-takes-props',
    comment: 'Components draw what they are given and ask nobody.',
    from: { path: '^client/ui/' },
    to: { path: '^client/', pathNot: '^client/ui/', ...AT_RUN_TIME },
  },
  {
    name: 'apps-do-not-import-each-other',
    comment: 'What two applications share belongs to sdk, react or ui.',
    from: { path: `^client/(${APPS})/` },
    to: { path: `^client/(${APPS})/`, pathNot: '^client/$1/' },
  },
  {
    name: 'shared-parts-know-no-app',
    comment: 'sdk, react and ui serve the applications.',
    from: { path: '^client/(sdk|react|ui)/' },
    to: { path: `^client/(${APPS})/`, ...AT_RUN_TIME },
  },
  {
    name: 'server-knows-no-client',
    comment: 'What is shipped imports neither clients nor tools nor tests.',
    from: { path: '^src/' },
    to: { path: '^(client|tests|scripts|bench)/' },
  },
  {
    name: 'everything-resolves',
    comment: 'An import that leads nowhere fails at run time.',
    from: {},
    to: { couldNotResolve: true, pathNot: '^src/generated/' },
  },
];

export default {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    // Sees type-only imports too, and tells them apart.
    tsPreCompilationDeps: 'specify',
    tsConfig: {
      fileName: fileURLToPath(new URL('tests/architecture/tsconfig.json', import.meta.url)),
    },
    doNotFollow: { path: ['node_modules', '^src/generated/'] },
    exclude: { path: ['^client/dist/', '^src/generated/prisma/.+/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
