import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, messageOf, UserError } from '../../src/errors.ts';

describe('messageOf', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const cases: Record<string, { thrown: unknown; message: string }> = {
    'an Error': { thrown: new Error('no'), message: 'no' },
    'a string': { thrown: 'no', message: 'no' },
    nothing: { thrown: undefined, message: 'undefined' },
    'an Error with its cause': {
      thrown: new Error('cannot read', { cause: new Error('no such file') }),
      message: 'cannot read: no such file',
    },
    'causes of causes': {
      thrown: new Error('a', { cause: new Error('b', { cause: 'c' }) }),
      message: 'a: b: c',
    },
    'an AggregateError without a message': {
      thrown: new AggregateError([refused, new Error('other')]),
      message: 'connect ECONNREFUSED 127.0.0.1:1; other',
    },
    'an AggregateError with a message': {
      thrown: new AggregateError([refused], 'both failed'),
      message: 'both failed; connect ECONNREFUSED 127.0.0.1:1',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { thrown, message }) => {
    expect(messageOf(thrown)).toBe(message);
  });
});

test('a UserError has a code of the table, by default that of a wrong config', () => {
  expect(new UserError('x').code).toBe('ConfigInvalid');
  expect(new UserError('x', 'PortInUse').code).toBe('PortInUse');
});

test('every fault says what it is', () => {
  expect(Object.entries(FAULTS).filter(([, meaning]) => meaning.length < 10)).toEqual([]);
});

test('docs/errors.md has a row for every code, and for no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| .+ \| .+ \|$/gm)].map(([, code]) => code);
  expect(rows.toSorted()).toEqual(Object.keys(FAULTS).toSorted());
});
