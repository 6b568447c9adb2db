import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldPath } from '../../../src/core/field-path.ts';
import { integerVerdict, unsafeIntegers } from '../../../src/core/unsafe-integers.ts';

const review = (object: string): string => `{"request":{"uid":"u","object":${object}}}`;

describe('found is', () => {
  const cases: Record<string, { object: string; fields: string[] }> = {
    'nothing in small numbers': { object: '{"spec":{"a":1}}', fields: [] },
    'not the largest safe one': { object: '{"spec":{"a":9007199254740991}}', fields: [] },
    'the next one': { object: '{"spec":{"a":9007199254740992}}', fields: ['spec.a'] },
    'a negative one': { object: '{"spec":{"a":-9007199254740993}}', fields: ['spec.a'] },
    'one in a list': {
      object: '{"spec":{"list":[1,{"a/b":12345678901234567890}]}}',
      fields: ['spec.list[1][a/b]'],
    },
    'not what is no integer': { object: '{"spec":{"a":1234567890.1234567890}}', fields: [] },
    'not a large one with an exponent: that is no integer to Kubernetes': {
      object: '{"spec":{"a":1234567890123456789e1}}',
      fields: [],
    },
    'not a text': { object: '{"spec":{"a":"12345678901234567890"}}', fields: [] },
    'nothing where there is no object': { object: 'null', fields: [] },
  };
  test.each(Object.entries(cases))('%s', (_, { object, fields }) => {
    expect(unsafeIntegers(review(object))).toEqual(fields);
  });

  test('nothing outside the object', () => {
    expect(unsafeIntegers('{"request":{"oldObject":{"a":12345678901234567}}}')).toEqual([]);
    expect(unsafeIntegers('{"a":12345678901234567}')).toEqual([]);
  });
});

test('an integer is found exactly if JSON gives another one back, or cannot be trusted to', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.array(fc.oneof(fc.constantFrom('spec', 'a', 'a.b'), fc.nat(2)), { maxLength: 4 }),
      (integer, steps) => {
        const text = steps.reduceRight<string>(
          (inner, step) =>
            typeof step === 'number' ? `[${'0,'.repeat(step)}${inner}]` : `{"${step}":${inner}}`,
          String(integer),
        );
        const unsafe = !Number.isSafeInteger(Number(integer));
        expect(unsafeIntegers(review(text))).toEqual(unsafe ? [fieldPath(steps)] : []);
        if (!unsafe) expect(BigInt(Number(integer))).toBe(integer);
      },
    ),
  );
});

test('only what goes into Pods, claims and Jobs is denied', () => {
  expect(integerVerdict(['metadata.generation', 'spec.a', 'status.a', 'specific'])).toEqual({
    problems: [
      {
        field: 'spec.a',
        message: expect.stringContaining('9007199254740991') as unknown as string,
      },
    ],
    warnings: [],
  });
  expect(integerVerdict()).toEqual({ problems: [], warnings: [] });
});
