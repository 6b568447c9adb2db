import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../src/api/claim.ts';
import { labels } from '../src/api/names.ts';
import { eventually } from '../test/support/eventually.ts';
import { container, drainedBy } from '../test/support/manifests.ts';
import { shared } from '../test/support/shared.ts';
import { COPY, drainedLines, expectComplete, writer } from './lines.ts';
import { expectAllDrained, openScene, type Scene } from './scene.ts';
import { conditionOf, getObject, nothingLeft, notesOf, runningBinding } from './seen.ts';
import { openStage, PATIENCE_MS, stageIn, type Stage } from './stage.ts';

/*
 * Volumes whose claim, or whose namespace, is deleted before they are drained.
 */

let stage: Stage;
/** From the namespace where volumes of namespaces that go are drained. */
let rescue: Stage;

shared(async (parts) => {
  stage = await openStage('e2e-rescue', parts);
  rescue = stageIn(stage, 'fluent-pvc-rescue');
  const operator = await stage.startOperator();
  parts.defer(() => operator.stop());
});

/** Deletes a scene's namespace while its Pod writes, and waits until it is gone. */
async function deleteNamespace(scene: Scene): Promise<void> {
  await runningBinding(scene, scene.name);
  await stage.kubectl('delete', 'namespace', scene.name, '--wait=false');
  const ref = { kind: 'Namespace', name: scene.name } as const;
  await eventually(
    `namespace ${scene.name} to go`,
    async () => (await stage.client.get(ref)) === undefined,
    PATIENCE_MS,
  );
}

async function expectRescued(scene: Scene): Promise<void> {
  await expectComplete(rescue, await drainedLines(rescue, scene.claim), scene.name);
}

test.concurrent(
  'what a Pod wrote is shipped although its namespace is deleted, which does not hang',
  async () => {
    const leaving = await openScene(stage, 'leaving', { script: writer() });
    await deleteNamespace(leaving);
    await expectRescued(leaving);
  },
);

test.concurrent(
  'what a Pod wrote is shipped although its claim was deleted while it ran',
  async () => {
    const deleted = await openScene(stage, 'deleted', { script: writer() });
    await runningBinding(deleted, 'deleted');
    // With the operator's own account: others are denied.
    await deleted.kubectl('delete', 'pvc', deleted.claim, '--wait=false');
    await deleted.kubectl('delete', 'pod', 'deleted');
    await expectAllDrained(deleted);
  },
);

test.concurrent(
  'where it is to be released the data goes with its namespace, which is told',
  async () => {
    const released = await openScene(stage, 'released', {
      script: writer(),
      finalization: { onNamespaceDeletion: 'Release' },
    });
    await deleteNamespace(released);
    const notes = await eventually('the Event', async () => {
      const found = (await notesOf(stage, 'DataGivenUp')).filter((note) =>
        note.includes(released.claim),
      );
      return found.length > 0 && found;
    });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`PVC "${released.claim}" was not drained: its data is given up`);
    expect(existsSync(join(stage.drained, released.claim))).toBe(false);
  },
);

test.concurrent(
  'what a finalizer Job lacks in the rescue namespace is named, and the drain goes on with it',
  async () => {
    const secret = { name: 'backend', key: 'token', optional: false };
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: secret } }];
    const lacking = await openScene(stage, 'lacking', {
      script: writer(),
      pvcFinalizerJobSpecTemplate: drainedBy({ ...container('drain', COPY), env }),
    });
    await deleteNamespace(lacking);
    const { message } = await conditionOf(rescue, lacking.claim, 'DrainStalled');
    expect(message).toContain('secret "backend" not found');
    await rescue.kubectl('create', 'secret', 'generic', 'backend', '--from-literal=token=x');
    await expectRescued(lacking);
  },
);

test.concurrent(
  'a volume that is rescued is nobody else’s, whoever waits for one of its kind',
  async () => {
    const wanted = await openScene(stage, 'wanted', { script: writer() });
    await runningBinding(wanted, 'wanted');
    const claim = await getObject<Claim>(wanted, 'PersistentVolumeClaim', wanted.claim);
    const { volumeName = '', ...spec } = claim?.spec ?? {};
    // It asks for that very volume, and gets it as soon as it is free.
    const stranger: Claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace: stage.namespace, name: 'stranger' },
      spec: { ...spec, volumeName },
    };
    await stage.client.create(stranger);
    await deleteNamespace(wanted);
    await expectRescued(wanted);
    const { status } = (await getObject<Claim>(stage, 'PersistentVolumeClaim', 'stranger')) ?? {};
    expect(status?.phase).not.toBe('Bound');
    await stage.kubectl('delete', 'pvc', 'stranger');
  },
);

test('nothing is left, volumes included', async () => {
  await stage.kubectl('delete', 'pods', '-A', '-l', labels.fluentPVC);
  await nothingLeft(stage);
});
