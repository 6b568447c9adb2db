import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { raiseInotifyLimit } from '../../../../e2e/cluster/kernel-limits.ts';
import { createReporter } from '../../../../e2e/cluster/reporter.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'limits-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['too low: it is raised, and said', '128\n', '1024', 1],
  ['high enough: it is left alone', '8192\n', '8192\n', 0],
])('a limit that is %s', async (_, before, after, said) => {
  const file = join(folder, 'limit');
  await writeFile(file, before);
  const lines: string[] = [];
  await raiseInotifyLimit(
    createReporter({ write: (text) => lines.push(text) }, () => 0),
    file,
  );
  expect(await readFile(file, 'utf8')).toBe(after);
  expect(lines).toHaveLength(said);
});
