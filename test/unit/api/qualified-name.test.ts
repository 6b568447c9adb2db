import { describe, expect, test } from '@jest/globals';
import { isLabelValue, isQualifiedName } from '../../../src/api/qualified-name.ts';

describe('a key of a label', () => {
  const long = 'a'.repeat(63);
  const domain = `${'a'.repeat(249)}.com`;
  const good = [
    'team',
    'Team_1.x-y',
    'a',
    '7',
    'example.com/team',
    'a/b',
    long,
    `${domain}/${long}`,
  ];
  const bad = [
    '',
    '-team',
    'team-',
    'a b',
    'te*am',
    '/team',
    'team/',
    'a/b/c',
    'Example.com/team',
    'example..com/team',
    `${long}a`,
    `a${domain}/team`,
    'team\n',
    'ä',
  ];
  test.each(good)('may be %j', (key) => {
    expect(isQualifiedName(key)).toBe(true);
  });
  test.each(bad)('may not be %j', (key) => {
    expect(isQualifiedName(key)).toBe(false);
  });
});

describe('a value of a label', () => {
  test.each(['', 'red', 'a.b_c-D', '1', 'a'.repeat(63)])('may be %j', (value) => {
    expect(isLabelValue(value)).toBe(true);
  });
  test.each(['-', 'red!', 'a b', 'a/b', 'red-', 'a'.repeat(64)])('may not be %j', (value) => {
    expect(isLabelValue(value)).toBe(false);
  });
});
