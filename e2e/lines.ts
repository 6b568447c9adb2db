import { expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FluentPVC, FluentPVCSpec } from '../src/api/fluentpvc.ts';
import type { Pod, PodSpec, Volume } from '../src/api/pod.ts';
import { container, drainedBy, fluentPVC, labelledPod } from '../test/support/manifests.ts';
import { bindingOf, patiently } from './seen.ts';
import type { Stage } from './stage.ts';

/*
 * Numbered lines: a writer writes and counts them in its volume, a finalizer Job copies what it
 * finds of them to the stage's folder, and a test compares the two.
 */

/** Where Pods mount, by hostPath, the stage's folder. */
export const DRAINED = '/tmp/drained';

/** Script of a finalizer Job that copies what it finds to the stage's folder, under the claim's name. */
export const COPY = `cat /buffer/log >"${DRAINED}/\${HOSTNAME%-*}"; sync`;

/** Script of a sidecar that waits until it is told to end. */
export const WAIT = 'trap "exit 0" TERM; sleep 1000000 & wait';

/** Script that writes one line. */
export const ONE_LINE = 'echo line 1 >>/buffer/log';

/** What differs in a FluentPVC: the scripts of its sidecar and its finalizer Job, and its spec. */
export interface Copying extends Partial<FluentPVCSpec> {
  sidecar?: string;
  drain?: string;
}

/** A FluentPVC whose sidecar waits and whose finalizer Job copies, unless it is to be different. */
export function copyingFluentPVC(
  name: string,
  { sidecar = WAIT, drain = COPY, ...spec }: Copying = {},
): FluentPVC {
  return fluentPVC(name, {
    // For all: the writer keeps count there, apart from what it counts.
    commonVolumes: [{ name: 'drained', hostPath: { path: DRAINED } } as Volume],
    commonVolumeMounts: [{ name: 'drained', mountPath: DRAINED }],
    pvcVolumeMountPath: '/buffer',
    sidecarContainerTemplate: container('shipper', sidecar),
    pvcFinalizerJobSpecTemplate: drainedBy(container('drain', drain)),
    ...spec,
  });
}

/**
 * Script that writes lines, and keeps count of them where the claim is not, until TERM, KILL or a
 * condition of the shell. One that is started again goes on where it was.
 */
export function writer(onTerm = 'exit 0', until = 'false'): string {
  const write = 'i=$((i+1)); echo line $i >>/buffer/log';
  const last = 'i=$(cat /buffer/log 2>/dev/null | wc -l)';
  return `trap "${onTerm}" TERM; ${last}; until ${until}; do ${write}; echo $i >${DRAINED}/.$HOSTNAME; sleep 0.1; done`;
}

/** How many lines the writer of a Pod has counted. */
export async function countedBy(stage: Stage, pod: string): Promise<number> {
  return Number(await readFile(join(stage.drained, `.${pod}`), 'utf8'));
}

/** Waits until a Pod has something to lose. */
export async function hasWritten(stage: Stage, pod: string): Promise<void> {
  await patiently(stage, 'two lines', async () => (await countedBy(stage, pod)) > 1);
}

/** What the drain of that claim has found, once it has and the binding is gone. */
export async function drainedLines(stage: Stage, claim: string): Promise<string[]> {
  const content = await patiently(stage, `claim ${claim} to be drained`, async () => {
    const binding = await bindingOf(stage, claim);
    if (binding !== undefined) throw new Error(JSON.stringify(binding.status));
    return readFile(join(stage.drained, claim), 'utf8');
  });
  return content.trim().split('\n');
}

/** The drain has all that the Pod's writer counted; a line may be written and not counted yet. */
export async function expectComplete(
  stage: Stage,
  lines: readonly string[],
  pod: string,
): Promise<void> {
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  const counted = await countedBy(stage, pod);
  expect(counted).toBeGreaterThan(1);
  expect([counted, counted + 1]).toContain(lines.length);
}

/** A Pod that runs the script once. */
export function scriptPod(
  { namespace }: Pick<Stage, 'namespace'>,
  name: string,
  fluentPVC: string,
  script: string,
  change: Partial<PodSpec> = {},
): Pod {
  return labelledPod({ namespace, name }, fluentPVC, {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    containers: [container('app', script)],
    ...change,
  });
}
