import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../../../src/errors.ts';
import { type Invocation, parseOptions } from '../../../../e2e/demo/options.ts';

const silent = {
  kind: 'run',
  example: 'demo',
  nodes: undefined,
  keep: false,
  finalizerCommand: undefined,
};

describe('the flags of the demo', () => {
  test.each<[readonly string[], object]>([
    [[], silent],
    [['--keep'], { ...silent, keep: true }],
    [['--example', 'log-collection'], { ...silent, example: 'log-collection' }],
    [['--nodes', 'real'], { ...silent, nodes: 'real' }],
    [['--nodes=kwok'], { ...silent, nodes: 'kwok' }],
    [['--finalizer-command', 'true'], { ...silent, finalizerCommand: 'true' }],
    [['--help'], { kind: 'help' } satisfies Invocation],
    [['-h', '--keep'], { kind: 'help' }],
  ])('%j are understood', (argv, expected) => {
    expect(parseOptions(argv)).toEqual(expected);
  });

  test.each<[readonly string[], string]>([
    [['--nodes', 'foo'], '--nodes is real or kwok, not "foo" (see --help)'],
    [['--example', 'foo'], '--example is demo or log-collection, not "foo" (see --help)'],
    [
      ['--example=log-collection', '--finalizer-command=true'],
      '--finalizer-command is for --example demo (see --help)',
    ],
    [['--bogus'], "Unknown option '--bogus' (see --help)"],
    [['extra'], "Unexpected argument 'extra' (see --help)"],
    [['--nodes'], "Option '--nodes <value>' argument missing (see --help)"],
    [
      ['--finalizer-command', ' '],
      '--finalizer-command needs a command, such as `true` (see --help)',
    ],
  ])('%j are refused in one line', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(new UserError(message));
  });
});
