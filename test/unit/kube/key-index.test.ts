import { expect, test } from '@jest/globals';
import { KeyIndex } from '../../../src/kube/key-index.ts';

function filled(...keys: readonly string[]): KeyIndex {
  const index = new KeyIndex();
  for (const key of keys) index.add('red', key);
  return index;
}

test.each([
  ['none', [], [], []],
  ['one', ['a'], [], ['a']],
  ['one that came twice', ['a', 'a'], [], ['a']],
  ['several, as they came', ['b', 'a', 'c'], [], ['b', 'a', 'c']],
  ['what is left of several', ['a', 'b'], ['a'], ['b']],
  ['one of several that came twice', ['a', 'b', 'a'], ['a'], ['b']],
  ['none of one that went', ['a'], ['a'], []],
  ['none of several that went', ['a', 'b'], ['b', 'a'], []],
  ['one, where another one went', ['a'], ['b'], ['a']],
])('it finds %s', (_, came, went, left) => {
  const index = filled(...came);
  for (const key of went) index.delete('red', key);
  expect(index.get('red')).toEqual(left);
  expect(index.get('blue')).toEqual([]);
});

test('a value that lost its keys takes new ones', () => {
  const index = filled('a', 'b');
  for (const key of ['a', 'b']) index.delete('red', key);
  index.add('red', 'c');
  expect(index.get('red')).toEqual(['c']);
});
