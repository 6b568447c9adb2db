import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS } from '../../../../e2e/safety/faults.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/data-safety.md'), 'utf8');

test('docs/data-safety.md says of each fault what is done', () => {
  const [method = ''] = page.split('## Results');
  const described = [...method.matchAll(/^\| ([^|]+) \|/gm)].map(([, name]) => name);
  expect(described).toEqual(['fault', ...FAULTS]);
});
