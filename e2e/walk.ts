import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../src/errors.ts';
import { tryCommand } from './cluster/commands.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { lasting, type Section, sectionsOf, type Step } from './readme.ts';

/*
 * Does what a README says: types its commands, and looks whether they show what the README shows.
 */

/** Where commands are typed. */
const checkout = join(import.meta.dirname, '..');

/** A README, or some sections of it. */
export interface Readme {
  /** From the root of the checkout. */
  readonly path: string;
  readonly sections: readonly Section[];
}

/** What looked different from the README. */
export interface Surprise {
  /** `FILE:LINE` of the commands. */
  readonly where: string;
  readonly expected: readonly string[];
  readonly seen: readonly string[];
}

/** Reads the README at that path from the root of the checkout. */
export async function readReadme(path: string): Promise<Readme> {
  return { path, sections: sectionsOf(await readFile(join(checkout, path), 'utf8')) };
}

/** Divides the steps of a script in what it prints; no output has it. */
const END_OF_STEP = '\0';

/**
 * Types the commands against a cluster, all in one shell, as a reader does. One that fails is a
 * UserError with what it said; what looked different is returned.
 */
export async function walk(
  { path, sections }: Readme,
  { kubectl, kubeconfig }: Pick<Cluster, 'kubectl' | 'kubeconfig'>,
): Promise<readonly Surprise[]> {
  const steps = sections.flatMap((section) => section.steps);
  const { code, stdout } = await tryCommand('bash', ['-c', scriptOf(steps, dirname(kubectl))], {
    cwd: checkout,
    // Neither preferences nor proxies of whoever runs us; see kubectl.ts.
    env: { HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig },
  });
  const outputs = stdout.split(END_OF_STEP);
  if (code !== 0) {
    const line = steps[outputs.length - 1]?.line ?? 0;
    throw new UserError(`${path}:${line} ended with ${code}: ${outputs.at(-1)?.trim() ?? ''}`);
  }
  return steps.flatMap(({ line, shows }, index) => {
    if (shows === undefined) return [];
    const [expected, seen] = [lasting(shows), lasting(outputs[index] ?? '')];
    const same = expected.join('\n') === seen.join('\n');
    return same ? [] : [{ where: `${path}:${line}`, expected, seen }];
  });
}

function scriptOf(steps: readonly Step[], folderOfKubectl: string): string {
  // A reader sees warnings, too.
  const start = `set -eu; exec 2>&1; PATH=${folderOfKubectl}:$PATH\n`;
  return start + steps.map(({ commands }) => `${commands}printf '\\0'\n`).join('');
}
