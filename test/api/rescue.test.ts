import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { isTrue } from '../../src/api/condition.ts';
import { annotations, labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { Volume } from '../../src/api/volume.ts';
import { readEvents } from '../../src/kube/watch-stream.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { endJob, exited, finishedPod, gone, jobFor, ref, RUNNING, say, status } from './cycle.ts';
import {
  bindingNameOf,
  bindingWhere,
  claimOf,
  openApi,
  startOperator,
  type Api,
} from './harness.ts';
import {
  deleteNamespace,
  eventsOn,
  goneNamespace,
  makeNamespace,
  takesPods,
} from './namespaces.ts';
import { annotate, remove, removeByForce } from './requests.ts';

/*
 * Volumes, claims and namespaces are those of real controllers; Pods and Jobs end by word of the test.
 */

const RESCUED = 'rescued';
/** The garbage collector ends Jobs that go, and learns every 30 s which definitions are new. */
const RESCUE_MS = 45_000;
const RELEASED = 'released';

let api: Api;
/** The rescue namespace: of this file alone, because it can be deleted. */
let rescue: Api;

shared(async (parts) => {
  api = await openApi(parts);
  rescue = { ...api, namespace: `${api.namespace}-rescue` };
  const operator = await startOperator(api, [`--rescue-namespace=${rescue.namespace}`]);
  parts.defer(() => operator.stop());
  await api.client.create(fluentPVC(RESCUED));
  const finalization = { onNamespaceDeletion: 'Release' } as const;
  await api.client.create(fluentPVC(RELEASED, { finalization }));
});

let count = 0;
/** A namespace to be deleted. */
async function namespaceThatGoes(): Promise<Api> {
  count += 1;
  const namespace = `${api.namespace}-${count}`;
  await makeNamespace(api, namespace);
  return { ...api, namespace };
}

function claimRef(where: Api, name: string): ObjectRef {
  return ref(where, 'PersistentVolumeClaim', name);
}

async function volumeOf(from: Api, binding: string): Promise<string> {
  return eventually(`the volume of ${binding}`, async () => {
    const claim = await claimOf(from, binding);
    return claim?.status?.phase === 'Bound' ? claim.spec.volumeName : undefined;
  });
}

function volume(name: string): Promise<Stored<Volume> | undefined> {
  return api.client.get<Volume>({ kind: 'PersistentVolume', name });
}

/** The binding that goes on, with the volume in its new claim. */
async function rescuedWith(where: Api, binding: string, name: string): Promise<Stored<Binding>> {
  const found = await bindingWhere(
    where,
    binding,
    'to have its volume again',
    ({ status }) => isTrue(status?.conditions, 'Rescued'),
    RESCUE_MS,
  );
  expect(found.status?.phase).not.toBe('Unknown');
  expect(await volumeOf(where, binding)).toBe(name);
  expect((await volume(name))?.spec.persistentVolumeReclaimPolicy).toBe('Retain');
  return found;
}

/** Its drain, to the end: nothing is left, the volume included. */
async function drained(where: Api, binding: string, name: string): Promise<void> {
  await bindingWhere(where, binding, 'FinalizerJobApplied', ({ status }) => {
    return status?.phase === 'FinalizerJobApplied';
  });
  await endJob(where, await jobFor(where, binding), 'Complete');
  await gone(where, binding);
  await eventually(`volume ${name} to go`, async () => {
    const found = await volume(name);
    if (found !== undefined) throw new Error(JSON.stringify(found));
    return true;
  });
}

/** Whenever the volume has changed somebody makes a claim that it would fit. Their names. */
async function claimsAtEachStepOf(name: string, over: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  let seen = '';
  const query = { watch: 'true', fieldSelector: `metadata.name=${name}` };
  const { body } = await api.client.stream('PersistentVolume', query, over);
  try {
    for await (const event of readEvents<Volume>(body)) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'ERROR') break;
      const { metadata, spec, status } = event.object;
      const now = [event.type === 'DELETED', metadata.deletionTimestamp, metadata.labels];
      const step = JSON.stringify([...now, spec.claimRef, status]);
      if (step === seen) continue;
      seen = step;
      names.push(await claimOfSomebody(`stranger-${names.length}`));
    }
    throw new Error(`the watch of volume ${name} has ended`);
  } catch (error) {
    if (!over.aborted) throw error;
  }
  return names;
}

async function claimOfSomebody(name: string): Promise<string> {
  await api.client.create<Claim>({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: api.namespace, name },
    spec: fluentPVC(RESCUED).spec.pvcSpecTemplate,
  });
  return name;
}

describe('the volume of a claim that somebody deleted', () => {
  test('is drained by a new claim of its name, and goes', async () => {
    const { pod, binding } = await finishedPod(api, RESCUED);
    const name = await volumeOf(api, binding);
    const old = await claimOf(api, binding);
    // By the operator's own account: others are denied (docs/guards.md).
    await remove(api, claimRef(api, binding));
    await removeByForce(api, pod);
    const found = await rescuedWith(api, binding, name);
    expect(found.spec.rescue).toEqual({
      namespace: api.namespace,
      pvc: { name: binding, uid: old?.metadata.uid },
      volumeName: name,
      podOver: true,
    });
    expect((await claimOf(api, binding))?.metadata.uid).not.toBe(old?.metadata.uid);
    await drained(api, binding, name);
  });

  test('is drained also where the claim is gone altogether, as long as the volume is there', async () => {
    const { pod, binding } = await finishedPod(api, RESCUED);
    const name = await volumeOf(api, binding);
    await bindingWhere(
      api,
      binding,
      'to know its volume',
      ({ status }) => status?.volumeName === name,
    );
    const retain = { spec: { persistentVolumeReclaimPolicy: 'Retain' } };
    await api.client.patch({ kind: 'PersistentVolume', name }, { type: 'merge', body: retain });
    const off = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await removeByForce(api, pod);
    await remove(api, claimRef(api, binding));
    await api.client.patch(claimRef(api, binding), off);
    await rescuedWith(api, binding, name);
    await endJob(api, await jobFor(api, binding), 'Complete');
    await gone(api, binding);
    // Whoever wanted it kept has it kept.
    await eventually('the volume to be as it was', async () => {
      const found = await volume(name);
      const { labels: own, annotations: notes } = found?.metadata ?? {};
      return (
        own?.[labels.binding] === undefined && notes?.[annotations.reclaimPolicy] === undefined
      );
    });
    expect((await volume(name))?.spec.persistentVolumeReclaimPolicy).toBe('Retain');
    await remove(api, { kind: 'PersistentVolume', name });
  });

  test('is given up on demand when it cannot go on, and goes', async () => {
    const full = await namespaceThatGoes();
    const { pod, binding } = await finishedPod(full, RESCUED);
    const name = await volumeOf(full, binding);
    const uid = (await claimOf(full, binding))?.metadata.uid ?? '';
    const none = '--hard=persistentvolumeclaims=0';
    await api.kubectl('create', 'quota', 'none', none, '-n', full.namespace);
    await remove(api, claimRef(full, binding));
    await removeByForce(api, pod);
    const stalled = await bindingWhere(full, binding, 'to be stalled', ({ status }) =>
      isTrue(status?.conditions, 'DrainStalled'),
    );
    const told = stalled.status?.conditions?.find(({ type }) => type === 'DrainStalled');
    expect(told?.message).toContain('exceeded quota');
    const release = `${annotations.release}=${uid}`;
    await api.kubectl('annotate', 'fpvcb', binding, release, '-n', full.namespace);
    await gone(full, binding);
    await eventually('the volume to go', async () => (await volume(name)) === undefined, 45_000);
  });

  test('is left as it is where the volume is being deleted, too: both would go', async () => {
    const { pod, binding } = await finishedPod(api, RESCUED);
    const name = await volumeOf(api, binding);
    await remove(api, { kind: 'PersistentVolume', name });
    await remove(api, claimRef(api, binding));
    await removeByForce(api, pod);
    const said = await bindingWhere(api, binding, 'a word on it', ({ status }) =>
      isTrue(status?.conditions, 'Unknown'),
    );
    expect(said.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Unknown', reason: 'PVCDeleted' }),
    );
    expect(await volume(name)).toBeDefined();
    const uid = (await claimOf(api, binding))?.metadata.uid ?? '';
    await annotate(api, ref(api, 'FluentPVCBinding', binding), { [annotations.release]: uid });
    await gone(api, binding);
  });
});

describe('in a namespace that is deleted', () => {
  test('the volume of an undrained claim is drained elsewhere, and the namespace goes', async () => {
    const from = await namespaceThatGoes();
    const { binding } = await finishedPod(from, RESCUED);
    const name = await volumeOf(from, binding);
    await deleteNamespace(from);
    await goneNamespace(from);
    const found = await rescuedWith(rescue, binding, name);
    expect(found).toMatchObject({
      status: { phase: expect.stringMatching(/OutOfUse|FinalizerJobApplied/) as unknown },
      spec: { rescue: { namespace: from.namespace, volumeName: name, podOver: true } },
    });
    expect(await eventsOn(api, 'Namespace', from.namespace)).toEqual([
      expect.stringContaining(`VolumeRescued: PVC "${binding}"`),
    ]);
    const job = await jobFor(rescue, binding);
    expect(job.spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      volumes: [{ persistentVolumeClaim: { claimName: binding } }],
    });
    await drained(rescue, binding, name);
  });

  test('a volume that was rescued there before is rescued again', async () => {
    const from = await namespaceThatGoes();
    const { pod, binding } = await finishedPod(from, RESCUED);
    const name = await volumeOf(from, binding);
    await remove(api, claimRef(from, binding));
    await removeByForce(api, pod);
    await rescuedWith(from, binding, name);
    await deleteNamespace(from);
    await goneNamespace(from);
    expect(await eventsOn(api, 'Namespace', from.namespace)).toEqual([
      expect.stringContaining(`VolumeRescued: PVC "${binding}"`),
    ]);
    await rescuedWith(rescue, binding, name);
    await drained(rescue, binding, name);
  });

  test("strangers' claims of the same class get nothing of it", async () => {
    const from = await namespaceThatGoes();
    const { binding } = await finishedPod(from, RESCUED);
    const name = await volumeOf(from, binding);
    const over = new AbortController();
    const watched = claimsAtEachStepOf(name, over.signal);
    // What fails below is told, whatever comes of this.
    watched.catch(() => undefined);
    try {
      await deleteNamespace(from);
      await goneNamespace(from);
      await rescuedWith(rescue, binding, name);
      await drained(rescue, binding, name);
    } finally {
      over.abort();
    }
    const strangers = await watched;
    // Of its claim, going; kept; without a claim; for the new one; of the new one; as it was; gone.
    expect(strangers.length).toBeGreaterThan(4);
    for (const stranger of strangers) {
      await eventually(`${stranger} to have a volume of its own`, async () => {
        const claim = await claimOf(api, stranger);
        return claim?.spec.volumeName !== undefined && claim.spec.volumeName !== name;
      });
    }
    for (const stranger of strangers) await remove(api, claimRef(api, stranger));
  }, 120_000);

  test('a writer that may be alive is waited for elsewhere', async () => {
    const from = await namespaceThatGoes();
    await api.client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'dead' } });
    const pod = await from.client.create(labelledPod(from, RESCUED, { nodeName: 'dead' }));
    await say(from, pod, status('Running', RUNNING, RUNNING));
    const binding = bindingNameOf(pod);
    await bindingWhere(from, binding, 'Ready', ({ status }) => status?.nodeName === 'dead');
    const name = await volumeOf(from, binding);
    await deleteNamespace(from);
    await removeByForce(api, pod);
    await goneNamespace(from);
    const waits = await bindingWhere(rescue, binding, 'WriterMayBeAlive', ({ status }) =>
      isTrue(status?.conditions, 'WriterMayBeAlive'),
    );
    const told = waits.status?.conditions?.find(({ type }) => type === 'WriterMayBeAlive');
    expect(told?.message).toContain('node "dead" is not Ready');
    expect(await rescue.client.get(ref(rescue, 'Job', binding))).toBeUndefined();
    const stopped = { [annotations.assumeStopped]: pod.metadata.uid };
    await annotate(api, ref(rescue, 'FluentPVCBinding', binding), stopped);
    await rescuedWith(rescue, binding, name);
    await drained(rescue, binding, name);
    await remove(api, { kind: 'Node', name: 'dead' });
  });

  test('a claim is let go where the FluentPVC says so, which is told on the namespace', async () => {
    const from = await namespaceThatGoes();
    const { binding } = await finishedPod(from, RELEASED);
    const name = await volumeOf(from, binding);
    await deleteNamespace(from);
    await goneNamespace(from);
    await eventually('the volume to go', async () => (await volume(name)) === undefined);
    expect(await eventsOn(api, 'Namespace', from.namespace)).toEqual([
      expect.stringContaining(`DataGivenUp: PVC "${binding}"`),
    ]);
    expect(await rescue.client.get(ref(rescue, 'FluentPVCBinding', binding))).toBeUndefined();
  });

  test('a Pod that is over there ends as anywhere', async () => {
    const from = await namespaceThatGoes();
    const pod = await from.client.create(labelledPod(from, RESCUED, { nodeName: 'nowhere' }));
    await say(from, pod, status('Succeeded', exited(0), exited(0)));
    const binding = bindingNameOf(pod);
    const name = await volumeOf(from, binding);
    await deleteNamespace(from);
    await goneNamespace(from);
    await rescuedWith(rescue, binding, name);
    await drained(rescue, binding, name);
  });
});

describe('the rescue namespace', () => {
  beforeAll(() => takesPods(api, rescue.namespace));

  test('when it is deleted itself, volumes are kept and left to people', async () => {
    const from = await namespaceThatGoes();
    const { binding } = await finishedPod(from, RESCUED);
    const name = await volumeOf(from, binding);
    await deleteNamespace(from);
    await goneNamespace(from);
    await rescuedWith(rescue, binding, name);
    await jobFor(rescue, binding);
    await deleteNamespace(rescue);
    await goneNamespace(rescue);
    expect(await eventsOn(api, 'Namespace', rescue.namespace)).toEqual([
      expect.stringContaining(`VolumeLeft: PVC "${binding}"`),
    ]);
    const left = await volume(name);
    expect(left?.spec.persistentVolumeReclaimPolicy).toBe('Retain');
    expect(left?.metadata.labels).toMatchObject({ [labels.binding]: binding });
    await remove(api, { kind: 'PersistentVolume', name });
  });
});
