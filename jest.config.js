/** The tests run as ES modules; Node itself strips the types. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.ts' },
  roots: ['<rootDir>/test', '<rootDir>/e2e'],
  testMatch: ['**/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/once.ts'],
  testSequencer: '<rootDir>/test/support/longest-first.ts',
  // A promise that fails when all tests are over fails its file: its process would end, and jest run it again.
  waitForUnhandledRejections: true,
  // Tests of a file that run at the same time: they wait most of it.
  maxConcurrency: 20,
};
