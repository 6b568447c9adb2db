import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crdFiles } from '../../hack/crd-files.ts';

const root = join(import.meta.dirname, '../..');

describe('the CustomResourceDefinitions in the chart', () => {
  test.each(crdFiles())('$path is what src/api says (npm run generate)', ({ path, content }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(content);
  });
});
