import { expect, test } from '@jest/globals';
import { stateIn } from '../../../../e2e/safety/node.ts';

test.each([
  ['42 (otelcol-contrib) T 1 42 42 0', 'T'],
  ['42 (a) b) (c) S 1 42 42 0', 'S'],
  ['', ''],
])('the state of the process that says %j is %j', (stat, state) => {
  expect(stateIn(stat)).toBe(state);
});
