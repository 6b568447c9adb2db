import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartFiles } from '../../hack/chart-files.ts';

const root = join(import.meta.dirname, '../..');
const templates = 'charts/fluent-pvc-operator/templates';
const files = chartFiles();

describe('what is generated', () => {
  test.each(files)('$path is as npm run generate writes it', ({ path, content }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(content);
  });

  test('is all there is that says so', () => {
    const generated = readdirSync(join(root, templates))
      .map((name) => `${templates}/${name}`)
      .filter((path) => readFileSync(join(root, path), 'utf8').startsWith('# Generated'));
    expect(generated.toSorted()).toEqual(
      files.flatMap(({ path }) => (path.startsWith(templates) ? [path] : [])).toSorted(),
    );
  });
});
