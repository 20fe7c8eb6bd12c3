import { fileURLToPath } from 'node:url';
import root from '../../jest.config.mjs';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
const { globalSetup, globalTeardown, testPathIgnorePatterns, ...server } = root.projects[0];

const project = (name, extra = {}) => ({
  ...server,
  ...extra,
  rootDir,
  displayName: name,
  testMatch: [`<rootDir>/tests/e2e/${name}/*.e2e.test.ts`],
});

/** Of the built product, but for `proxies`. `single-node` needs neither PostgreSQL nor Redis: the product brings its own database. */
export default {
  rootDir,
  projects: [
    project('single-node'),
    project('two-nodes', { globalSetup, globalTeardown }),
    project('proxies', { globalSetup, globalTeardown }),
  ],
  // Browsers and nodes share the processors already.
  maxWorkers: 1,
  testTimeout: 60_000,
};
