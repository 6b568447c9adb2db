import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubectl, execIn, type Kubectl } from '../../../e2e/kubectl.ts';

/** Stands for kubectl: says its arguments, its home and, if told to read, what it was given. */
const SCRIPT = `#!/bin/sh
for arg; do printf '[%s]' "$arg"; done
echo " $HOME"
case "$*" in *"-f -") cat ;; esac
echo 'Warning: first' >&2
case "$*" in *refuse*) echo 'Error: second' >&2; exit 1 ;; esac
`;

let folder: string;
let kubectl: Kubectl;
const start = (): string => `[--kubeconfig][${folder}/kubeconfig]`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubectl-test-'));
  const path = join(folder, 'kubectl');
  await writeFile(path, SCRIPT);
  await chmod(path, 0o755);
  kubectl = createKubectl({ kubectl: path, kubeconfig: join(folder, 'kubeconfig') });
});

afterAll(() => rm(folder, { recursive: true }));

describe('kubectl', () => {
  test('gets each argument as it is, and gives its standard output', async () => {
    expect(await kubectl('get', 'a b', '')).toBe(`${start()}[get][a b][] ${folder}\n`);
  });

  test('is fed an object, and gives what it said besides', async () => {
    expect(await kubectl.feed('create', '--dry-run=server', { kind: 'Pod' })).toBe(
      `${start()}[create][--dry-run=server][-f][-] ${folder}\n{"kind":"Pod"}Warning: first\n`,
    );
  });

  test('that fails throws all that it said', async () => {
    await expect(kubectl('refuse', 'me')).rejects.toThrow(
      'kubectl refuse me: Warning: first\nError: second',
    );
  });

  test('that fails before it has read what it is fed says why', async () => {
    // More than a pipe holds.
    const object = { text: 'x'.repeat(1_000_000) };
    const missing = createKubectl({ kubectl: join(folder, 'none'), kubeconfig: '/kubeconfig' });
    await expect(missing.feed('apply', object)).rejects.toThrow('kubectl apply -f -: not found');
    const deaf = createKubectl({ kubectl: 'false', kubeconfig: '/kubeconfig' });
    await expect(deaf.feed('apply', object)).rejects.toThrow('kubectl apply -f -:');
  });

  test('is asked for a namespace where it has one of its own', async () => {
    const path = join(folder, 'kubectl');
    const own = createKubectl({ kubectl: path, kubeconfig: '/k', namespace: 'mine' });
    expect(await own('get')).toBe('[--kubeconfig][/k][--namespace][mine][get] /\n');
  });

  test('runs a command in a container', async () => {
    expect(await execIn(kubectl, { pod: 'app', container: 'main' }, 'cat', '/a b')).toBe(
      `${start()}[exec][app][-c][main][--][cat][/a b] ${folder}\n`,
    );
  });
});
