import { describe, expect, test } from '@jest/globals';
import { type Account, accountOf, writtenIn } from '../../../../e2e/safety/account.ts';
import { troublesOf } from '../../../../e2e/safety/result.ts';

describe('what was written', () => {
  test.each<[string, string, readonly string[], string]>([
    ['is nothing in an empty file', '', [], ''],
    ['is every line with its end', 'a 1 .\na 2 .\n', ['a 1 .', 'a 2 .'], ''],
    ['is not the line that was cut off', 'a 1 .\na 2', ['a 1 .'], 'a 2'],
  ])('%s', (_sentence, content, lines, rest) => {
    expect(writtenIn(content)).toEqual({ lines, rest });
  });
});

describe('the account', () => {
  const written = { lines: ['a 1 .', 'a 2 .'], rest: '' };
  test.each<[string, Parameters<typeof accountOf>, Partial<Account>, readonly string[]]>([
    [
      'is content with every line, in any order',
      [written, ['a 2 .', 'a 1 .']],
      { lines: 2, received: 2, lost: [], duplicated: 0, strange: [] },
      [],
    ],
    [
      'counts what arrived twice and is content',
      [written, ['a 2 .', 'a 1 .', 'a 2 .', 'a 2 .']],
      { received: 4, duplicated: 2 },
      [],
    ],
    [
      'finds what is missing',
      [written, ['a 1 .']],
      { lost: ['a 2 .'] },
      ['1 of 2 lines were lost, such as "a 2 ."'],
    ],
    [
      'does not take a line that was cut off on the way for the whole one',
      [written, ['a 1 .', 'a 2']],
      { lost: ['a 2 .'], strange: ['a 2'] },
      ['1 of 2 lines were lost, such as "a 2 ."', '1 lines were received that nobody wrote: "a 2"'],
    ],
    [
      'takes the end of the file, without a line’s end, for nobody’s loss and nobody’s invention',
      [{ lines: ['a 1 .'], rest: 'a 2' }, ['a 1 .', 'a 2']],
      { lines: 1, lost: [], strange: [] },
      [],
    ],
    ['has nothing to say of an empty volume', [{ lines: [], rest: '' }, []], { lines: 0 }, []],
  ])('%s', (_sentence, args, expected, troubles) => {
    const account = accountOf(...args);
    expect(account).toMatchObject(expected);
    expect(troublesOf(account, 'by a Job')).toEqual(troubles);
  });
});
