import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../../../e2e/safety/random.ts';

const many = Array.from({ length: 1_000 }, (_, index) => index);

describe('random numbers of a seed', () => {
  test('are the same each time, on every machine', () => {
    const { between } = createRandom(7);
    expect([1, 2, 3, 4, 5, 6].map(() => between(0, 999))).toEqual([11, 61, 976, 699, 521, 405]);
  });

  test('are others with another seed', () => {
    const [one, two] = [createRandom(1), createRandom(2)];
    expect(many.map(() => one.between(0, 999))).not.toEqual(many.map(() => two.between(0, 999)));
  });

  test('reach both ends and nothing beyond', () => {
    const { between } = createRandom(1);
    expect(new Set(many.map(() => between(2, 5)))).toEqual(new Set([2, 3, 4, 5]));
  });

  test('take a chance as often as it says', () => {
    const { chance } = createRandom(1);
    const taken = many.filter(() => chance(0.3)).length;
    expect(taken).toBeGreaterThan(250);
    expect(taken).toBeLessThan(350);
  });

  test('shuffle all that there is, to every place', () => {
    const { shuffled } = createRandom(1);
    const firsts = many.map(() => {
      const result = shuffled(['a', 'b', 'c']);
      expect([...result].sort()).toEqual(['a', 'b', 'c']);
      return result[0];
    });
    expect(new Set(firsts)).toEqual(new Set(['a', 'b', 'c']));
  });
});
