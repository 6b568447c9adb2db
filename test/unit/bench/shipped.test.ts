import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constrainedMemory } from 'node:process';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { flagsIn } from '../../../bench/shipped.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const flags = flagsIn(read('Dockerfile'));
const MIB = 1024 * 1024;

test('the chart gives Node the flags that the image sets, which it replaces', () => {
  const pod = read('charts/fluent-pvc-operator/templates/_pod.tpl');
  const [, value] = /- name: NODE_OPTIONS\n\s+value: (.+)\n/.exec(pod) ?? [];
  expect(value?.split(' ')).toEqual(flags);
});

test('with them the heap of the program may take half of the memory that there is for it', async () => {
  const script = 'console.log(require("node:v8").getHeapStatistics().heap_size_limit)';
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], {
    env: { NODE_OPTIONS: flags.join(' ') },
  });
  // Without a limit some systems tell 0, others more than there is.
  const memory = Math.min(constrainedMemory() || Infinity, totalmem());
  // What is new in it comes on top.
  expect(Math.abs(Number(stdout) - memory / 2)).toBeLessThan(16 * MIB);
});

test('Node knows by its name that the program of the image is a module, and need not try', () => {
  expect(read('Dockerfile')).toMatch(/^COPY --from=build \/work\/dist\/main\.mjs .* \/app\/$/m);
  expect(read('Dockerfile')).toMatch(/^CMD \["\/app\/main\.mjs", "all"\]$/m);
});

test('a Dockerfile without flags is no silence', () => {
  expect(() => flagsIn('FROM scratch')).toThrow('NODE_OPTIONS');
});
