import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Files of the API tests come one after the other to the same cluster, in no order that is promised.
 * Their namespaces are their own; a FluentPVC is the cluster's.
 */
test('no two files of the API tests make a FluentPVC of the same name', () => {
  const folder = join(import.meta.dirname, '../api');
  const files = new Map<string, Set<string>>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/\bfluentPVC\(\s*'([^']+)'/g)) {
      files.set(name, (files.get(name) ?? new Set()).add(file));
    }
  }
  expect(files.size).toBeGreaterThan(20);
  expect([...files].filter(([, where]) => where.size > 1)).toEqual([]);
});
