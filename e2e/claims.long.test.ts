import { expect, test } from '@jest/globals';
import { MAY_ARRIVE_MS } from '../controllers/binding/in-use/in-use-plan.ts';
import { getCondition } from '../src/api/condition.ts';
import type { FluentPVC } from '../src/api/fluentpvc.ts';
import { annotations, labels } from '../src/api/names.ts';
import { createdAt, type KubeObject, type Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Lease } from '../src/kube/lease.ts';
import { eventually } from '../test/support/eventually.ts';
import { shared } from '../test/support/shared.ts';
import { drains } from './drain.scenes.ts';
import { copyingFluentPVC, ONE_LINE, scriptPod, writer } from './lines.ts';
import type { Observer } from './observer.ts';
import { expectAllDrained, openScene } from './scene.ts';
import { bindingWhere, conditionOf, nothingLeft, runningBinding } from './seen.ts';
import { stalledDrains } from './stalled.scenes.ts';
import { openNamespace, openWatchedStage, PATIENCE_MS, type Stage } from './stage.ts';

/*
 * Claims whose way is not the usual one: whose drain does not go smoothly, who have lost their binding
 * or their Pod, never had a Pod, or whose FluentPVC goes.
 */

let stage: Stage;
let observer: Observer;

shared(async (parts) => {
  ({ stage, observer } = await openWatchedStage('e2e-claims', parts));
});

drains(() => stage);
stalledDrains(() => stage);

test.concurrent('a claim that has lost its binding gets it back, and is drained', async () => {
  const orphan = await openScene(stage, 'orphan', { script: writer() });
  const { claim, kubectl } = orphan;
  await runningBinding(orphan, 'orphan');
  const lost = await bindingWhere(
    orphan,
    claim,
    'Ready',
    ({ status }) => status?.phase === 'Ready',
  );
  // With the operator's own account: others are denied.
  const bare = '{"metadata":{"finalizers":null}}';
  await kubectl('delete', 'fpvcb', claim, '--wait=false');
  await kubectl('patch', 'fpvcb', claim, '--type=merge', `--patch=${bare}`);
  const found = await bindingWhere(orphan, claim, 'a new one', ({ metadata }) => {
    return metadata.uid !== lost.metadata.uid;
  });
  expect(found.spec.pvc).toEqual(lost.spec.pvc);
  expect(found.metadata.annotations?.[annotations.admissionId]).toBe(
    lost.metadata.annotations?.[annotations.admissionId],
  );
  await kubectl('delete', 'pod', 'orphan');
  await expectAllDrained(orphan);
});

test.concurrent(
  'what was made for a Pod that was never stored goes within three minutes, without a drain',
  async () => {
    const unborn = await openNamespace(stage, 'unborn');
    await unborn.client.create(copyingFluentPVC('unborn'));
    const create = (name: string): Promise<Stored<Pod>> =>
      unborn.client.create(scriptPod(unborn, name, 'unborn', ONE_LINE));
    // Whose watch has just begun cannot prove that there was no Pod: clocks may be 10 s apart.
    const leads = { kind: 'Lease', namespace: 'kube-system', name: 'fluent-pvc-operator' } as const;
    await eventually('the operator to have watched for a while', async () => {
      const lease = await stage.client.get<Lease>(leads);
      return Date.now() - Date.parse(lease?.spec.acquireTime ?? '') > 15_000;
    });
    // Quotas are asked after the webhooks.
    await unborn.kubectl('create', 'quota', 'none', '--hard=pods=0');
    await expect(create('unborn')).rejects.toThrow('exceeded quota: none');
    const left = (): Stored<KubeObject>[] =>
      [...observer.bindings.values(), ...observer.claims.values()].filter(
        ({ metadata }) => metadata.namespace === 'unborn' && metadata.name === name,
      );
    const [binding] = await eventually('what was made for it', () => {
      const found = [...observer.bindings.values()].filter(
        ({ metadata }) => metadata.namespace === 'unborn',
      );
      return found.length > 0 && found;
    });
    const { name = '' } = binding?.metadata ?? {};
    await unborn.kubectl('delete', 'quota', 'none');
    const drains: string[] = [];
    observer.jobs.onChange(({ object: { metadata } }) => drains.push(metadata.name));
    // Another one comes when that one cannot come any more: the watch is seen to go on.
    await eventually(
      'the end of all requests',
      () => left().every((object) => Date.now() - createdAt(object) > MAY_ARRIVE_MS + 5_000),
      PATIENCE_MS,
    );
    await create('born');
    await observer.until({
      what: 'binding and claim to go',
      probe: () => left().length === 0 || undefined,
      otherwise: () => JSON.stringify(left()),
      timeout: 180_000 - MAY_ARRIVE_MS - 5_000,
    });
    expect(drains).not.toContain(name);
  },
);

test.concurrent(
  'a FluentPVC that is deleted waits for its binding, harms nothing and takes no new Pod',
  async () => {
    const going = await openScene(stage, 'going', { script: writer() });
    const { claim, kubectl, client } = going;
    await runningBinding(going, 'going');
    const fluentPVC = (): Promise<FluentPVC | undefined> =>
      client.get({ kind: 'FluentPVC', name: 'going' });
    await kubectl('delete', 'fpvc', 'going', '--cascade=foreground', '--wait=false');
    const waiting = await eventually('it to say what it waits for', async () => {
      const { status } = (await fluentPVC()) ?? {};
      return getCondition(status?.conditions, 'Deleting');
    });
    expect(waiting).toMatchObject({ status: 'True', reason: 'WaitingForBindings' });
    expect(waiting.message).toContain(`it waits for 1 FluentPVCBinding and 1 PVC (going/${claim})`);
    await expect(client.create(scriptPod(going, 'late', 'going', ONE_LINE))).rejects.toThrow(
      /FluentPVC "going", which the label .* of the Pod names, is being deleted/,
    );

    await kubectl('delete', 'pod', 'going');
    await expectAllDrained(going);
    await eventually('it to go', async () => (await fluentPVC()) === undefined, PATIENCE_MS);
  },
);

test.concurrent(
  'a force-deleted writer that ignores TERM is stopped before its claim is drained',
  async () => {
    const pod = { terminationGracePeriodSeconds: 25 };
    const stubborn = await openScene(stage, 'stubborn', { script: writer(''), pod });
    await runningBinding(stubborn, 'stubborn');
    await stubborn.kubectl('delete', 'pod', 'stubborn', '--force', '--grace-period=0');
    await conditionOf(stubborn, stubborn.claim, 'WriterMayBeAlive');
    await expectAllDrained(stubborn);
  },
);

test('nothing is left when all Pods are gone', async () => {
  await stage.kubectl('delete', 'pods', '-A', '-l', labels.fluentPVC);
  await nothingLeft(stage);
});
