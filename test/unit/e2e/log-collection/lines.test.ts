import { expect, test } from '@jest/globals';
import { numbersOf } from '../../../../e2e/log-collection/lines.ts';

const uid = '0a1b2c3d-0000-4000-8000-00000000000f';

test.each<[string, string, string]>([
  ['a line of an example is uid and number', `2026-01-01T00:00:00Z ${uid} 12 hello`, `${uid} 12`],
  ['a line may end with its number', `2026-01-01T00:00:00.5Z ${uid} 12`, `${uid} 12`],
  ['a line of others stays as it is', 'hello', 'hello'],
  [
    'a line that was cut off stays as it is',
    `2026-01-01T00:00:00Z ${uid}`,
    `2026-01-01T00:00:00Z ${uid}`,
  ],
])('%s', (_sentence, line, expected) => {
  expect(numbersOf([line])).toEqual([expected]);
});
