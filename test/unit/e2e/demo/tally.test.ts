import { describe, expect, test } from '@jest/globals';
import { type Evidence, faultsOf, tallyOf, tallyTable } from '../../../../e2e/demo/tally.ts';

const nothing = { claims: [], bindings: [], jobs: [] };

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    written: new Map([
      ['a', 2],
      ['b', 1],
    ]),
    received: ['a 1', 'a 2', 'b 1'],
    left: nothing,
    ...change,
  };
}

describe('the tally', () => {
  test.each<[string, Partial<Evidence>, Partial<ReturnType<typeof tallyOf>>, readonly string[]]>([
    ['is content with every line, in any order', {}, { written: 3, received: 3, lost: 0 }, []],
    [
      'counts what arrived twice and is content',
      { received: ['b 1', 'a 2', 'a 1', 'a 2', 'a 2'] },
      { received: 3, duplicates: 2, lost: 0 },
      [],
    ],
    [
      'finds the lines that are missing, by Pod',
      { received: ['a 2', 'b 1'] },
      { written: 3, received: 2, lost: 1 },
      ['1 of the 2 lines of Pod a were lost'],
    ],
    [
      'does not take other lines for the missing ones',
      { received: ['a 1', 'a 3', 'b 1'] },
      { written: 3, received: 3, lost: 1, strange: ['a 3'] },
      [
        '1 of the 2 lines of Pod a were lost',
        '1 lines were received that nobody wrote, such as "a 3"',
      ],
    ],
    [
      'finds lines of a Pod that nobody saw, and broken ones',
      { received: ['a 1', 'a 2', 'b 1', 'c 1', 'a'] },
      { strange: ['c 1', 'a'] },
      ['2 lines were received that nobody wrote, such as "c 1"'],
    ],
    [
      'does not guess for a Pod that did not say how many lines it wrote',
      {
        written: new Map([
          ['a', 2],
          ['b', undefined],
        ]),
      },
      { written: undefined, received: 3, strange: [] },
      ['Pod b ended without saying how many lines it wrote: nothing is proven'],
    ],
    [
      'is not content with nothing',
      { written: new Map(), received: [] },
      { written: 0 },
      ['no line was written: nothing is proven'],
    ],
    [
      'names what is left',
      { left: { claims: ['c1'], bindings: ['b1', 'b2'], jobs: ['j1'] } },
      { lost: 0 },
      ['PVC c1 is left', 'binding b1 is left', 'binding b2 is left', 'finalizer Job j1 is left'],
    ],
  ])('%s', (_sentence, change, expected, faults) => {
    const tally = tallyOf(evidence(change));
    expect(tally).toMatchObject(expected);
    expect(faultsOf(tally)).toEqual(faults);
  });

  test('is printed as a table', () => {
    const left = { claims: ['c1'], bindings: [], jobs: [] };
    expect(tallyTable(tallyOf(evidence({ received: ['a 1', 'a 1', 'b 1'], left })))).toEqual([
      '  lines written          3   (a: 2, b: 1)',
      '  lines received         2   (1 more than once)',
      '  lines lost             1',
      '  PVCs left              1   (c1)',
      '  bindings left          0',
      '  Jobs left              0',
    ]);
  });

  test('says unknown where it does not know', () => {
    const table = tallyTable(tallyOf(evidence({ written: new Map([['a', undefined]]) })));
    expect(table.slice(0, 3)).toEqual([
      '  lines written    unknown   (a: unknown)',
      '  lines received         3',
      '  lines lost       unknown',
    ]);
  });
});
