const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', tsx: true },
    transform: { react: { runtime: 'automatic' } },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

const common = {
  transform: { '^.+\\.(t|j|mj)sx?$': ['@swc/jest', swc] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: {
    '^@protocol/(.*)$': '<rootDir>/src/protocol/$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // Written with <rootDir>, so that a clone inside a folder of such a name is still tested.
  modulePathIgnorePatterns: ['<rootDir>/(\\.cache|\\.data|dist|coverage|client/dist)/'],
};

const server = {
  ...common,
  displayName: 'server',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/tests/(client|e2e)/'],
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
};

const client = {
  ...common,
  displayName: 'client',
  testEnvironment: 'jsdom',
  testMatch: ['<rootDir>/tests/client/**/*.test.{ts,tsx}'],
};

export default {
  projects: [server, client],
  maxWorkers: '100%',
  // A hang ends here; how fast anything is, no test says.
  testTimeout: 60_000,
  // v8 would call the branches of an untouched file covered.
  coverageProvider: 'babel',
  coverageReporters: ['text', 'text-summary', 'lcov'],
  collectCoverageFrom: [
    'src/**/*.ts',
    'client/**/*.{ts,tsx}',
    '!**/*.d.ts',
    '!**/node_modules/**',
    '!**/dist/**',
    '!src/generated/**',
    // The process shell: signals and exit codes are proved by tests that start it as a process.
    '!src/main.ts',
  ],
  coverageThreshold: { global: { lines: 85, branches: 85 } },
};
