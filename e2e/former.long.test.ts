import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binding } from '../src/api/binding.ts';
import { isTrue } from '../src/api/condition.ts';
import { labels } from '../src/api/names.ts';
import type { Stored } from '../src/api/object.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { formerSources } from './former.ts';
import { THESE } from './image/build.ts';
import { installOperator, OPERATOR_NAMESPACE, RELEASE, type Installed } from './installed.ts';
import {
  copyingFluentPVC,
  COPY,
  DRAINED,
  drainedLines,
  expectComplete,
  hasWritten,
  scriptPod,
  writer,
} from './lines.ts';
import { bindingOf, getPod, nothingLeft, patiently, runningBinding } from './seen.ts';
import { openStage, PATIENCE_MS, type Stage } from './stage.ts';
import { askSteadily } from './steady.ts';
import { unboundPods } from './unbound.ts';

/*
 * From the former version to this one and back, with live bindings: images and charts of both, in the
 * cluster, on a real node.
 *
 *     former: "across" writes, "draining" is being drained
 *       │  helm upgrade, while Pods are created
 *     this: "draining" goes on, "across" writes on; "young" starts
 *       │  helm rollback, while Pods are created
 *     former: "across" and "young" end, and are drained
 */
const CREATES_PER_SECOND = 5;
/** Before and after each change. */
const LEAST = 20;
/** Two cores take a while to let so many claims go. */
const RELEASE_MS_EACH = 500;
/** The finalizer Job waits for the test. */
const HELD = `until [ -e ${DRAINED}/go ]; do sleep 0.1; done; ${COPY}`;

let stage: Stage;
let installed: Installed;
const claims = new Map<string, string>();

shared(async (parts) => {
  stage = await openStage('e2e-former', parts);
  installed = await installOperator(stage, { from: await formerSources(parts) });
  await stage.kubectl.feed('apply', copyingFluentPVC('upgraded'));
  await stage.kubectl.feed('apply', copyingFluentPVC('held', { drain: HELD }));
});

/** Starts a Pod, and remembers its claim. */
async function start(name: string, fluentPVC: string, script: string): Promise<string> {
  await stage.kubectl.feed('create', scriptPod(stage, name, fluentPVC, script));
  const claim = await runningBinding(stage, name);
  claims.set(name, claim);
  return claim;
}

const claimOf = (pod: string): string => claims.get(pod) ?? '';

/** What must be the same objects, whoever works on them: of a Pod, and of its drain where there is one. */
async function uids(...pods: readonly string[]): Promise<string[]> {
  const names = pods.flatMap((pod) => [
    `fpvcb/${claimOf(pod)}`,
    `pvc/${claimOf(pod)}`,
    `pod/${pod}`,
  ]);
  const format = '--output=jsonpath={range .items[*]}{.metadata.uid} {end}';
  return (await stage.kubectl('get', ...names, format)).trim().split(' ');
}

/** The finalizer Job of a Pod's claim and the Pods that it ever had, which is one. */
async function drainOf(pod: string): Promise<string[]> {
  const format = '--output=jsonpath={range .items[*]}{.metadata.uid} {.status.phase} {end}';
  const job = await stage.kubectl('get', 'job', claimOf(pod), '--output=jsonpath={.metadata.uid}');
  const label = `${labels.finalizerJobOf}=${claimOf(pod)}`;
  return [job, await stage.kubectl('get', 'pods', '-l', label, format)];
}

/** Does it while labelled Pods are created all the time, none of which may be refused. */
async function whileCreating(name: string, act: () => Promise<unknown>): Promise<void> {
  const load = askSteadily(CREATES_PER_SECOND, await unboundPods(stage, name));
  try {
    await eventually('some requests', () => load.asked > LEAST);
    await act();
    await eventually('some more', () => load.asked > 3 * LEAST);
  } finally {
    await load.stop();
  }
  const { asked, failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(await bound(name)).toHaveLength(asked);
  await stage.kubectl('delete', 'pods', '-l', `${labels.fluentPVC}=${name}`, '--wait=false');
  await patiently(
    stage,
    'what was created meanwhile to go',
    async () => (await bound(name)).length === 0,
    PATIENCE_MS + asked * RELEASE_MS_EACH,
  );
}

/** The bindings of a FluentPVC. */
async function bound(fluentPVC: string): Promise<Stored<Binding>[]> {
  const { namespace } = stage;
  const { items } = await stage.client.list<Binding>('FluentPVCBinding', { namespace });
  return items.filter(({ spec }) => spec.fluentPVC.name === fluentPVC);
}

/** Waits until the operator's Pods run that image and no other: replicas that leave answer for a while. */
async function allRun(tag: string): Promise<void> {
  const format = '--output=jsonpath={.items[*].spec.containers[*].image}';
  await patiently(stage, `all of the operator to be ${tag}`, async () => {
    const said = await stage.kubectl('get', 'pods', `--namespace=${OPERATOR_NAMESPACE}`, format);
    const images = said.trim().split(' ');
    return images.length > 1 && images.every((image) => image.endsWith(`:${tag}`));
  });
}

test('the former version works', async () => {
  await start('across', 'upgraded', writer());
  await hasWritten(stage, 'across');
  const draining = await start('draining', 'held', 'echo line 1 >/buffer/log; sync; sleep 2');
  await patiently(stage, 'a drain to be under way', async () => {
    const { conditions } = (await bindingOf(stage, draining))?.status ?? {};
    const [, pods = ''] = await drainOf('draining');
    return isTrue(conditions, 'FinalizerJobApplied') && pods.endsWith(' Running ');
  });
});

test('an upgrade refuses no Pod, and leaves what is bound as it is', async () => {
  const before = await uids('across', 'draining');
  const drain = await drainOf('draining');
  await installed.prepare(THESE);
  await whileCreating('upgrading', () => installed.upgrade());
  await allRun(THESE.tag);
  expect(await uids('across', 'draining')).toEqual(before);
  expect(await drainOf('draining')).toEqual(drain);
});

test('a drain that the former version has begun is ended by this one', async () => {
  await writeFile(join(stage.drained, 'go'), '');
  expect(await drainedLines(stage, claimOf('draining'))).toEqual(['line 1']);
});

test('the way back refuses no Pod either, and what this version has bound is drained by the former', async () => {
  await start('young', 'upgraded', writer());
  await hasWritten(stage, 'young');
  const before = await uids('across', 'young');
  await whileCreating('going-back', () =>
    installed.helm(
      ...['rollback', RELEASE, '1', `--namespace=${OPERATOR_NAMESPACE}`],
      ...['--wait', '--timeout=4m'],
    ),
  );
  await allRun('former');
  expect(await uids('across', 'young')).toEqual(before);
  for (const pod of ['across', 'young']) {
    expect((await getPod(stage, pod))?.status?.phase).toBe('Running');
    await stage.kubectl('delete', 'pod', pod);
    await expectComplete(stage, await drainedLines(stage, claimOf(pod)), pod);
  }
  await stage.kubectl('delete', 'pods', '--all');
  await nothingLeft(stage);
});
