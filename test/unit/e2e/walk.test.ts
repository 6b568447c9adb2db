import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sectionsOf } from '../../../e2e/readme.ts';
import { type Surprise, walk } from '../../../e2e/walk.ts';

/** Stands for kubectl: says its arguments, and warns; `fail` fails. */
const SCRIPT = `#!/bin/sh
echo "$*"
echo "Warning: $KUBECONFIG" >&2
[ "$1" != fail ]
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'walk-test-'));
  await writeFile(join(folder, 'kubectl'), SCRIPT, { mode: 0o755 });
});

afterAll(() => rm(folder, { recursive: true }));

function walked(...blocks: readonly string[]): Promise<readonly Surprise[]> {
  const sections = sectionsOf(`## A\n${blocks.join('\n')}\n`);
  const cluster = { kubectl: join(folder, 'kubectl'), kubeconfig: 'the-cluster' };
  return walk({ path: 'README.md', sections }, cluster);
}

const sh = (commands: string): string => `\`\`\`sh\n${commands}\n\`\`\``;
const text = (output: string): string => `\`\`\`text\n${output}\n\`\`\``;

describe('a walk', () => {
  test('sees all that the commands print, warnings included', async () => {
    const shown = text('get pods\nWarning: the-cluster');
    expect(await walked(sh('kubectl get pods'), shown)).toEqual([]);
  });

  test('types all commands in one shell', async () => {
    const surprises = await walked(sh('name=walk'), sh('ls "e2e/$name.ts"'), text('e2e/walk.ts'));
    expect(surprises).toEqual([]);
  });

  test('says where something else is seen than the README shows', async () => {
    const blocks = [sh('echo one'), text('one'), sh('echo two; echo three'), text('two')];
    expect(await walked(...blocks)).toEqual([
      { where: 'README.md:9', expected: ['two'], seen: ['three', 'two'] },
    ]);
  });

  test('ends at the first command that fails, and says which and what it said', async () => {
    const walking = walked(sh('echo one'), sh('kubectl fail now\necho never'), sh('echo two'));
    await expect(walking).rejects.toThrow(
      /^README\.md:6 ended with 1: fail now\nWarning: the-cluster$/,
    );
  });
});
