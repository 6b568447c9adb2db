import type { Test } from '@jest/test-result';
import type TestSequencer from '@jest/test-sequencer';
import { createRequire } from 'node:module';

/*
 * jest starts the files that took longest first, but knows how long they took only on a machine where
 * they have run before; where they have not, it goes by their size. These are long for other reasons: a
 * machine with two cores ends minutes later when one of them comes last.
 */

// Its types are those of its CommonJS form.
const require = createRequire(import.meta.url);
const { default: Sequencer } = require('@jest/test-sequencer') as typeof TestSequencer;

/** Ends of paths, the longest first. */
const LONGEST = [
  'e2e/examples.long.test.ts',
  'e2e/installed.long.test.ts',
  'e2e/certified.long.test.ts',
  'e2e/vanished.long.test.ts',
  'e2e/log-collection.long.test.ts',
  'e2e/safety.long.test.ts',
  'e2e/former.long.test.ts',
  'e2e/safety.test.ts',
  'e2e/sidecar.test.ts',
  'e2e/demo/demo.long.test.ts',
  'e2e/claims.long.test.ts',
  'e2e/cluster/cluster.long.test.ts',
  'e2e/take-over.long.test.ts',
  'e2e/life.test.ts',
  'e2e/rescue.test.ts',
  'e2e/demo/demo.test.ts',
  'test/api/rescue.test.ts',
  'test/api/chart.cycle.long.test.ts',
  'test/api/stuck.test.ts',
];

/** See the jest documentation, `testSequencer`. */
class LongestFirst extends Sequencer {
  override async sort(tests: Test[]): Promise<Test[]> {
    const rank = ({ path }: Test): number => {
      const found = LONGEST.findIndex((end) => path.endsWith(end));
      return found === -1 ? LONGEST.length : found;
    };
    // Stable: all others stay as jest would have them.
    return (await super.sort(tests)).toSorted((a, b) => rank(a) - rank(b));
  }
}

// eslint-disable-next-line no-restricted-syntax -- jest takes the default export of the file
export default LongestFirst;
