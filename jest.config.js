const { mkdirSync } = require('node:fs');
const { join } = require('node:path');

// The scripts in package.json leave their results here, and jest does not create the folder.
mkdirSync(join(__dirname, '.test-results'), { recursive: true });

/**
 * Which tests run is chosen by folder on the command line, see the scripts in package.json.
 * Types are checked by `npm run typecheck`; here files are only transpiled, one by one.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.test.json' }],
  },
  setupFiles: ['<rootDir>/test/support/quiet-log.ts'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
