import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POD_LIFE } from '../../../e2e/pod-life.ts';

test('docs/api-writes.md shows the table', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/api-writes.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  expect(rows).toEqual([
    '| write | by | why |',
    ...POD_LIFE.map(({ write, by, why }) => `| ${write} | ${by} | ${why} |`),
  ]);
});
