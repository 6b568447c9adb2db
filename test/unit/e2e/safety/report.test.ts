import { describe, expect, test } from '@jest/globals';
import { faultsOf, tableOf } from '../../../../e2e/safety/report.ts';
import type { RunResult } from '../../../../e2e/safety/result.ts';

const nothing = { claims: [], volumes: [], bindings: [], jobs: [], namespaces: [] };

function result(change: Partial<RunResult> = {}): RunResult {
  return {
    seed: 3,
    run: 1,
    faults: [],
    missed: [],
    lines: 10,
    received: 10,
    lost: 0,
    duplicated: 0,
    strange: 0,
    seconds: 2,
    attempts: 0,
    troubles: [],
    ...change,
  };
}

describe('the table', () => {
  const results = [
    result({ faults: ['app killed'], seconds: 1, left: 7 }),
    result({ faults: ['app killed', 'backend down'], seconds: 30.04, duplicated: 4 }),
    result({ faults: ['app killed'], seconds: 3, lost: 2 }),
    result(),
  ];
  const table = tableOf(results, { ...nothing, claims: ['safety-1-1/c'] });

  test.each([
    '| app killed | 3 | 30 | 7 | 2 | 4 | 3.0 s | 30.0 s |',
    '| backend down | 1 | 10 | 0 | 0 | 4 | 30.0 s | 30.0 s |',
    '| operator killed | 0 | 0 | 0 | 0 | 0 |  |  |',
    '| none | 1 | 10 | 0 | 0 | 0 | 2.0 s | 2.0 s |',
    '| two or more at once | 1 | 10 | 0 | 0 | 4 | 30.0 s | 30.0 s |',
    '| **all** | 4 | 40 | 7 | 2 | 4 | 2.0 s | 30.0 s |',
    'Left at the end: 1 PVCs, 0 PersistentVolumes, 0 bindings, 0 finalizer Jobs, 0 namespaces.',
  ])('has the row %s', (row) => {
    expect(table).toContain(row);
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
      'is not content with nothing',
      [[result({ lines: 0 })], nothing, 0],
      ['no line was written: nothing is proven'],
    ],
  ])('%s', (_sentence, args, expected) => {
    expect(faultsOf(...args)).toEqual(expected);
  });
});
