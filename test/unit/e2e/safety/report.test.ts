import { describe, expect, test } from '@jest/globals';
import { FAULTS } from '../../../../e2e/safety/faults.ts';
import { faultsOf, shortfalls, strangersOf, tableOf } from '../../../../e2e/safety/report.ts';
import type { Measured, RunResult } from '../../../../e2e/safety/result.ts';

const nothing = { claims: [], volumes: [], bindings: [], jobs: [], namespaces: [] };

function result(change: Partial<RunResult> = {}): RunResult {
  return {
    seed: 3,
    run: 1,
    asked: change.faults ?? [],
    faults: [],
    missed: [],
    lines: 10,
    received: 10,
    lost: 0,
    duplicated: 0,
    strange: 0,
    left: 0,
    seconds: 2,
    attempts: 0,
    troubles: [],
    ...change,
  };
}

const none = 'not measured';

describe('the table', () => {
  const results = [
    result({ faults: ['app killed'], seconds: 1, left: 7 }),
    result({ faults: ['app killed', 'backend down'], seconds: 30.04, duplicated: 4, left: none }),
    result({ faults: ['app killed'], seconds: 3, lost: 2 }),
    result({ asked: ['sidecar killed'], missed: ['sidecar killed: its Pod was over before'] }),
    result({ faults: ['backend slow'], duplicated: none, left: none }),
    result({
      ...{ faults: ['namespace deleted'], seconds: none, lines: none, received: none },
      ...{ lost: none, duplicated: none, strange: none, left: none },
    }),
  ];
  const table = tableOf(results, { ...nothing, claims: ['safety-1-1/c'] });

  test.each([
    '| app killed | 3 | 3 | 30 | at least 7 | 2 | 4 | 3.0 s | 30.0 s |',
    '| backend down | 1 | 1 | 10 | not measured | 0 | 4 | 30.0 s | 30.0 s |',
    '| backend slow | 1 | 1 | 10 | not measured | 0 | not measured | 2.0 s | 2.0 s |',
    '| sidecar killed | 1 | 0 |  |  |  |  |  |  |',
    '| operator killed | 0 | 0 |  |  |  |  |  |  |',
    `| namespace deleted | 1 | 1 | ${Array(6).fill(none).join(' | ')} |`,
    '| none | 0 | 1 | 10 | 0 | 0 | 0 | 2.0 s | 2.0 s |',
    '| two or more at once | 1 | 1 | 10 | not measured | 0 | 4 | 30.0 s | 30.0 s |',
    '| **all** | 6 | 6 | at least 50 | at least 7 | at least 2 | at least 4 | 2.0 s | not measured |',
    'Left at the end: 1 PVCs, 0 PersistentVolumes, 0 bindings, 0 finalizer Jobs, 0 namespaces.',
    'Asked for, and not seen to take effect:',
    '- seed 3, run 1: sidecar killed: its Pod was over before',
  ])('has the row %s', (row) => {
    expect(table).toContain(row);
  });

  test('says nothing of effects where all that was asked for was seen', () => {
    expect(tableOf([result()], nothing).join()).not.toContain('Asked for');
  });
});

describe('what a series has to show', () => {
  const all = (size: number, faults: RunResult['faults']): RunResult[] =>
    Array.from({ length: size }, () => result({ faults }));
  test.each<[string, readonly RunResult[], readonly string[]]>([
    ['is enough with a tenth of the runs for each fault', [...all(18, []), ...all(2, FAULTS)], []],
    ['is asked of ten runs and more', all(9, []), []],
    [
      'is too little where a fault took effect less often',
      [...all(19, FAULTS.slice(1)), ...all(1, FAULTS)],
      ['"sidecar killed" took effect in 1 of 20 runs: 2 are needed'],
    ],
  ])('%s', (_sentence, results, expected) => {
    expect(shortfalls(results)).toEqual(expected);
  });
});

describe('the verdict', () => {
  test.each<[string, Parameters<typeof faultsOf>, readonly string[]]>([
    ['is good where nothing is wrong', [[result()], nothing, 0], []],
    [
      'says by which seed a run is played again, and where its evidence is',
      [[result({ troubles: ['2 lines were lost'], evidence: '/x' })], nothing, 0],
      ['seed 3, run 1: 2 lines were lost', 'seed 3, run 1: evidence is in /x'],
    ],
    [
      'names what is left',
      [[result()], { ...nothing, volumes: ['pv-1', 'pv-2'] }, 0],
      ['volumes are left: pv-1, pv-2'],
    ],
    [
      'counts lines of Pods that nobody knows',
      [[result()], nothing, 2],
      ['the backend has 2 lines that are of no run'],
    ],
    [
      'does not know whose lines they are where those of a run were not measured',
      [[result({ received: none, troubles: ['x'] })], nothing, none],
      ['seed 3, run 1: x'],
    ],
    [
      'is not content with nothing',
      [[result({ lines: 0 }), result({ lines: none })], nothing, 0],
      ['no line was written: nothing is proven'],
    ],
  ])('%s', (_sentence, args, expected) => {
    expect(faultsOf(...args)).toEqual(expected);
  });
});

test.each<[string, readonly RunResult[], Measured]>([
  ['are all but those of the runs', [result(), result({ received: 5 })], 3],
  ['are not known where those of a run are not', [result(), result({ received: none })], none],
])('lines of no run %s', (_sentence, results, expected) => {
  expect(strangersOf(18, results)).toBe(expected);
});
