import { expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { name, version, description, license } = JSON.parse(read('package.json')) as Record<
  string,
  string
>;

test('the labels of the image say what package.json does', () => {
  const labels = read('Dockerfile').matchAll(/\borg\.opencontainers\.image\.(\w+)="(.*)"/g);
  expect(Object.fromEntries([...labels].map(([, key = '', value]) => [key, value]))).toEqual({
    title: name,
    description,
    version,
    licenses: license,
  });
});

test('the chart is for the image of that version', () => {
  const chart = load(read('charts/fluent-pvc-operator/Chart.yaml'));
  expect(chart).toMatchObject({ name, appVersion: version });
});
