import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isQuantity, nanos, ONE } from '../../../src/core/quantity.ts';
import '../../support/one-realm.ts';

const LARGEST = (2n ** 63n - 1n) * ONE;

describe('in billionths', () => {
  const cases: Record<string, bigint> = {
    '0': 0n,
    '0.000': 0n,
    '0e99999999': 0n,
    '1': ONE,
    '1.': ONE,
    '.5': ONE / 2n,
    '0.5': ONE / 2n,
    '500m': ONE / 2n,
    '0.500000000000': ONE / 2n,
    '0500m': ONE / 2n,
    '5e-1': ONE / 2n,
    '5E-1': ONE / 2n,
    '0.05e1': ONE / 2n,
    '500000u': ONE / 2n,
    '1n': 1n,
    '1k': 1_000n * ONE,
    '1e3': 1_000n * ONE,
    '1e+3': 1_000n * ONE,
    '1Ki': 1_024n * ONE,
    '1.5Ki': 1_536n * ONE,
    '1M': 10n ** 6n * ONE,
    '1Mi': 2n ** 20n * ONE,
    '1G': 10n ** 9n * ONE,
    '1Gi': 2n ** 30n * ONE,
    '1T': 10n ** 12n * ONE,
    '1Ti': 2n ** 40n * ONE,
    '1P': 10n ** 15n * ONE,
    '1Pi': 2n ** 50n * ONE,
    '1E': 10n ** 18n * ONE,
    '1Ei': 2n ** 60n * ONE,
    '9007199254740993': 9_007_199_254_740_993n * ONE,
    // As Kubernetes rounds and cuts.
    '0.1n': 1n,
    '1.0000000001': ONE + 1n,
    '0.0000000001Ki': 103n,
    '1e-999999999': 1n,
    '1e-30': 1n,
    '1e30': 10n ** 39n,
    '16Ei': LARGEST,
    '17Ei': LARGEST,
  };
  test.each(Object.entries(cases))('%s is %s', (text, expected) => {
    expect(isQuantity(text)).toBe(true);
    expect(nanos(text)).toBe(expected);
  });
});

test('an exponent that nobody means is still more than one that somebody may', () => {
  expect(nanos('1e999999999')).toBeGreaterThan(nanos('1e900'));
});

test('what is larger in ones is larger, in whatever form', () => {
  const suffixes = fc.constantFrom(['', 0], ['k', 3], ['M', 6], ['m', -3], ['e2', 2], ['E-2', -2]);
  const quantity = fc.tuple(fc.nat(10_000), suffixes as fc.Arbitrary<[string, number]>);
  fc.assert(
    fc.property(quantity, quantity, ([a, [sa, pa]], [b, [sb, pb]]) => {
      // In thousandths both are whole numbers.
      const [x, y] = [BigInt(a) * 10n ** BigInt(pa + 3), BigInt(b) * 10n ** BigInt(pb + 3)];
      expect(nanos(`${a}${sa}`) < nanos(`${b}${sb}`)).toBe(x < y);
    }),
  );
});

test('the longest annotation takes no time', () => {
  const startedAt = performance.now();
  for (const text of [
    '9'.repeat(250_000),
    `.${'0'.repeat(250_000)}1`,
    `1e${'9'.repeat(250_000)}`,
  ]) {
    expect(nanos(text)).toBeGreaterThan(0n);
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
