import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import type { PodSpec } from '../src/api/pod.ts';
import { labels } from '../src/api/names.ts';
import {
  copyingFluentPVC,
  DRAINED,
  drainedLines,
  expectComplete,
  scriptPod,
  type Copying,
} from './lines.ts';
import { openNamespace, type Stage } from './stage.ts';

/**
 * A Pod with a namespace and a FluentPVC of its own, for one test: those of a file have one stage, and
 * may play on it at the same time.
 */
export interface Scene extends Stage {
  /** Of namespace, FluentPVC and Pod. */
  name: string;
  /** Name of the Pod's claim, and of its binding. */
  claim: string;
}

/** What the Pod of a scene does, and how its FluentPVC differs from others. */
export interface Plot extends Copying {
  script: string;
  pod?: Partial<PodSpec>;
}

/** Makes all three; the Pod may not have been started yet. */
export async function openScene(
  stage: Stage,
  name: string,
  { script, pod = {}, ...copying }: Plot,
): Promise<Scene> {
  const own = await openNamespace(stage, name);
  await own.client.create(copyingFluentPVC(name, copying));
  const { metadata } = await own.client.create(scriptPod(own, name, name, script, pod));
  return { ...own, name, claim: metadata.labels?.[labels.binding] ?? '' };
}

/** All that the Pod's writer has counted arrives, and the binding goes. */
export async function expectAllDrained(scene: Scene): Promise<void> {
  await expectComplete(scene, await drainedLines(scene, scene.claim), scene.name);
}

/** Condition of the shell: has {@link give} given the word? */
export function given(word: string): string {
  return `[ -e ${DRAINED}/${word} ]`;
}

/** Script that waits for the word. */
export function awaiting(word: string): string {
  return `until ${given(word)}; do sleep 0.2; done`;
}

/** Gives the word that scripts may wait for. */
export async function give({ drained }: Stage, word: string): Promise<void> {
  await writeFile(join(drained, word), '');
}
