import { expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import type { Pod, Volume } from '../src/api/pod.ts';
import { eventually } from '../test/support/eventually.ts';
import { container, drainedBy, fluentPVC, labelledPod } from '../test/support/manifests.ts';
import { bindingOf, PATIENCE_MS, type Stage } from './stage.ts';

/*
 * Numbered lines: a writer writes and counts them in its volume, a finalizer Job copies what it
 * finds of them to the stage's folder, and a test compares the two.
 */

/** Where Pods mount, by hostPath, the stage's folder. */
const DRAINED = '/tmp/drained';

/**
 * A FluentPVC whose sidecar waits and whose finalizer Job copies what it finds in /buffer/log to
 * the stage's folder, under the name of the claim.
 */
export function copyingFluentPVC(
  name: string,
  scripts: { sidecar?: string; drain?: string } = {},
): FluentPVC {
  const wait = 'trap "exit 0" TERM; sleep 1000000 & wait';
  const copy = `cat /buffer/log >"${DRAINED}/\${HOSTNAME%-*}"; sync`;
  return fluentPVC(name, {
    // For all: the writer keeps count there, apart from what it counts.
    commonVolumes: [{ name: 'drained', hostPath: { path: DRAINED } } as Volume],
    commonVolumeMounts: [{ name: 'drained', mountPath: DRAINED }],
    pvcVolumeMountPath: '/buffer',
    sidecarContainerTemplate: container('shipper', scripts.sidecar ?? wait),
    pvcFinalizerJobSpecTemplate: drainedBy(container('drain', scripts.drain ?? copy)),
  });
}

/** Script that writes lines, and keeps count of them where the claim is not, until TERM or KILL. */
export function writer(onTerm = 'exit 0'): string {
  const write = 'i=$((i+1)); echo line $i >>/buffer/log';
  return `trap "${onTerm}" TERM; i=0; while true; do ${write}; echo $i >${DRAINED}/.$HOSTNAME; sleep 0.1; done`;
}

/** What the drain of that claim has found, once it has and the binding is gone. */
export async function drainedLines(
  stage: Stage,
  claim: string,
  namespace = 'default',
): Promise<string[]> {
  const content = await eventually(
    `claim ${claim} to be drained`,
    async () =>
      (await bindingOf(stage, claim, namespace)) === undefined
        ? readFile(join(stage.drained, claim), 'utf8')
        : undefined,
    PATIENCE_MS,
  );
  return content.trim().split('\n');
}

/** The drain has all that the Pod's writer counted; a line may be written and not counted yet. */
export async function expectComplete(
  stage: Stage,
  lines: readonly string[],
  pod: string,
): Promise<void> {
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  const counted = Number(await readFile(join(stage.drained, `.${pod}`), 'utf8'));
  expect(counted).toBeGreaterThan(1);
  expect([counted, counted + 1]).toContain(lines.length);
}

/** A Pod that runs the script once. */
export function scriptPod(
  name: string,
  fluentPVC: string,
  script: string,
  { seconds = 2, namespace = 'default' } = {},
): Pod {
  return labelledPod({ namespace, name }, fluentPVC, {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: seconds,
    containers: [container('app', script)],
  });
}
