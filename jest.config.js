/** The tests run as ES modules; Node itself strips the types. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.ts' },
  roots: ['<rootDir>/test', '<rootDir>/e2e'],
  testMatch: ['**/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/once.ts'],
  testSequencer: '<rootDir>/test/support/longest-first.ts',
  // What has failed unheard by the end of a file fails it: its process would end, and jest run it again.
  waitForUnhandledRejections: true,
  // Tests of a file that run at the same time: they wait most of it.
  maxConcurrency: 20,
};
