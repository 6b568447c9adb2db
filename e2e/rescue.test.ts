import { expect, test } from '@jest/globals';
import { isTrue } from '../src/api/condition.ts';
import { eventually } from '../test/support/eventually.ts';
import { container, drainedBy } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { copyingFluentPVC, drainedLines, expectComplete, scriptPod, writer } from './lines.ts';
import {
  bindingOf,
  nothingLeft,
  openStage,
  PATIENCE_MS,
  runningBinding,
  type Stage,
} from './stage.ts';

/*
 * Volumes whose claim, or whose namespace, is deleted before they are drained.
 */

const RESCUE = 'fluent-pvc-rescue';

let stage: Stage;

shared(
  async (parts) => {
    stage = await openStage('e2e-rescue', parts);
    const operator = await stage.startOperator();
    parts.defer(() => operator.stop());
  },
  async () => {
    await stage.kubectl('delete', 'pods', '--all');
    await nothingLeft(stage);
    await eventually('all volumes to go', async () => {
      const left = await stage.kubectl('get', 'pv', '-o', 'name');
      if (left !== '') throw new Error(left);
      return true;
    });
  },
);

async function inNamespace(namespace: string, fluentPVC: string): Promise<string> {
  await stage.kubectl('create', 'namespace', namespace);
  const pod = scriptPod('app', fluentPVC, writer(), { namespace });
  await eventually('the namespace to take Pods', () => stage.kubectl.feed('create', pod));
  return runningBinding(stage, 'app', namespace);
}

async function goneNamespace(name: string): Promise<void> {
  await eventually(
    `namespace ${name} to go`,
    async () => (await stage.client.get({ kind: 'Namespace', name })) === undefined,
    PATIENCE_MS,
  );
}

test('what a Pod wrote is shipped although its namespace is deleted, which does not hang', async () => {
  await stage.kubectl.feed('apply', copyingFluentPVC('leaving'));
  const claim = await inNamespace('leaving', 'leaving');
  await stage.kubectl('delete', 'namespace', 'leaving', '--wait=false');
  await goneNamespace('leaving');
  await expectComplete(stage, await drainedLines(stage, claim, RESCUE), 'app');
});

test('what a Pod wrote is shipped although its claim was deleted while it ran', async () => {
  await stage.kubectl.feed('apply', copyingFluentPVC('deleted'));
  await stage.kubectl.feed('apply', scriptPod('deleted', 'deleted', writer()));
  const claim = await runningBinding(stage, 'deleted');
  // With the operator's own account: others are denied.
  await stage.kubectl('delete', 'pvc', claim, '--wait=false');
  await stage.kubectl('delete', 'pod', 'deleted');
  await expectComplete(stage, await drainedLines(stage, claim), 'deleted');
});

test('what a finalizer Job lacks in the rescue namespace is named, and the drain goes on with it', async () => {
  const secret = { name: 'backend', key: 'token', optional: false };
  const copying = copyingFluentPVC('lacking');
  const [drain] = copying.spec.pvcFinalizerJobSpecTemplate.template.spec.containers;
  const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: secret } }];
  const template = drainedBy({ ...container('drain'), ...drain, env });
  await stage.kubectl.feed('apply', {
    ...copying,
    spec: { ...copying.spec, pvcFinalizerJobSpecTemplate: template },
  });
  const claim = await inNamespace('lacking', 'lacking');
  await stage.kubectl('delete', 'namespace', 'lacking', '--wait=false');
  await goneNamespace('lacking');
  const stalled = await eventually(
    'the lack to be told',
    async () => {
      const found = await bindingOf(stage, claim, RESCUE);
      const conditions = found?.status?.conditions;
      return isTrue(conditions, 'DrainStalled') ? conditions : undefined;
    },
    PATIENCE_MS,
  );
  expect(stalled.find(({ type }) => type === 'DrainStalled')?.message).toContain(
    'secret "backend" not found',
  );
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'backend', namespace: RESCUE },
    stringData: { token: 'x' },
  };
  await stage.kubectl.feed('create', object);
  await expectComplete(stage, await drainedLines(stage, claim, RESCUE), 'app');
});
