import { describe, expect, test } from '@jest/globals';
import { type Invocation, parseOptions } from '../../../../e2e/safety/options.ts';
import { UserError } from '../../../../src/errors.ts';

const silent = { kind: 'run', runs: 8, seed: 1, example: 'log-collection', plantedLoss: false };

describe('the flags of the safety runs', () => {
  test.each<[readonly string[], object]>([
    [[], silent],
    [['--runs', '200', '--seed=1000'], { ...silent, runs: 200, seed: 1000 }],
    [['--example', 'demo'], { ...silent, example: 'demo' }],
    [['--planted-loss'], { ...silent, plantedLoss: true }],
    [['-h', '--runs=2'], { kind: 'help' } satisfies Invocation],
  ])('%j are understood', (argv, expected) => {
    expect(parseOptions(argv)).toEqual(expected);
  });

  test.each<[readonly string[], string]>([
    [['--runs', '0'], '--runs is a number from 1 to 10000, not "0" (see --help)'],
    [['--seed=-1'], '--seed is a number from 0 to 1000000000, not "-1" (see --help)'],
    [['--seed', '1e3'], '--seed is a number from 0 to 1000000000, not "1e3" (see --help)'],
    [['--example', 'x'], '--example is log-collection or demo, not "x" (see --help)'],
    [['--bogus'], "Unknown option '--bogus' (see --help)"],
  ])('%j are refused in one line', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(new UserError(message));
  });
});
