import { setTimeout as sleep } from 'node:timers/promises';
import { createKubectl } from '../../e2e/kubectl.ts';
import type { Binding } from '../../src/api/binding.ts';
import { isTrue } from '../../src/api/condition.ts';
import { jobOutcome, type Job } from '../../src/api/job.ts';
import { labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import type { Pod, PodSpec } from '../../src/api/pod.ts';
import type { Volume } from '../../src/api/volume.ts';
import { endJob, ref, RUNNING, say, status, type Cycle } from '../api/cycle.ts';
import { bindingNameOf, type Api } from '../api/harness.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC, labelledPod } from '../support/manifests.ts';
import type { ApiWrite } from './api-write.ts';
import { belongsTo, ownership, RESCUE_NAMESPACE } from './ownership.ts';

/**
 * A namespace and a FluentPVC of the same name, for one interrupted flow; everything that the
 * operator does for it can be told by that name. What kubelets say is said here.
 */
export interface Place extends Api {
  /** Is it a write for this place? */
  owns: (write: ApiWrite) => boolean;
}

/** How long the operator may take to bring all to its end after it was started again, in ms. */
export const THREE_MINUTES_MS = 180_000;
/** What is waited for longer than that is told by its measure, and not by a time-out. */
export const PATIENCE_MS = 240_000;

let count = 0;

/** A new place, its FluentPVC not made yet. */
export async function openPlace(api: Api): Promise<Place> {
  count += 1;
  const name = `${api.namespace}-${count}`;
  const inside = within(api, name);
  await inside.kubectl('create', 'namespace', name);
  await soon('the ServiceAccount', () => inside.kubectl('get', 'serviceaccount', 'default'));
  return { ...inside, owns: ownership(name) };
}

/** The same place where its namespace is gone: in the one that volumes are rescued to. */
export function rescued(place: Place): Place {
  return { ...place, ...within(place, RESCUE_NAMESPACE) };
}

function within(api: Api, namespace: string): Api {
  const { kubeconfig } = api;
  const kubectl = process.env.TEST_KUBECTL ?? 'kubectl';
  return { ...api, namespace, kubectl: createKubectl({ kubectl, kubeconfig, namespace }) };
}

/** Makes its FluentPVC, whoever answers for it. */
export async function define({ client, namespace: name }: Place): Promise<void> {
  await soon(
    'the FluentPVC',
    async () => (await client.get({ kind: 'FluentPVC', name })) ?? client.create(fluentPVC(name)),
  );
}

/** As `eventually`, with the patience that a killed operator needs. */
export function soon<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  return eventually(what, probe, PATIENCE_MS);
}

/** A labelled Pod, on a node that is not there; asked for again as an owner would. */
export function createdPod(
  place: Place,
  spec: Partial<PodSpec> = {},
  name = 'app',
): Promise<Stored<Pod>> {
  const { client, namespace } = place;
  const pod = labelledPod({ namespace, name }, namespace, { nodeName: 'nowhere', ...spec });
  return soon(
    `Pod "${name}"`,
    async () => (await client.get<Pod>(ref(place, 'Pod', name))) ?? (await client.create(pod)),
  );
}

/** The same, and running as far as anybody was told. */
export async function runningPod(
  place: Place,
  ...as: [spec?: Partial<PodSpec>, name?: string]
): Promise<Cycle> {
  const pod = await createdPod(place, ...as);
  await say(place, pod, status('Running', RUNNING, RUNNING));
  const binding = bindingNameOf(pod);
  await bindingThat(place, binding, 'is Ready', ({ status: now }) => now?.phase === 'Ready');
  return { pod, binding };
}

export function bindingThat(
  place: Place,
  name: string,
  what: string,
  probe: (binding: Stored<Binding>) => boolean,
): Promise<Stored<Binding>> {
  return soon(`a binding that ${what}`, async () => {
    const binding = await place.client.get<Binding>(ref(place, 'FluentPVCBinding', name));
    if (binding === undefined) throw new Error('no binding');
    if (!probe(binding)) throw new Error(JSON.stringify(binding.status ?? {}));
    return binding;
  });
}

export function bindingWith(
  place: Place,
  name: string,
  type: Parameters<typeof isTrue>[1],
): Promise<Stored<Binding>> {
  return bindingThat(place, name, `says ${type}`, (one) => isTrue(one.status?.conditions, type));
}

/** The finalizer Job, and not that one. */
export function jobOf(place: Place, binding: string, notUid?: string): Promise<Stored<Job>> {
  return soon('the finalizer Job', async () => {
    const job = await place.client.get<Job>(ref(place, 'Job', binding));
    return job !== undefined && job.metadata.uid !== notUid ? job : undefined;
  });
}

/** Lets every finalizer Job of the place succeed until the signal aborts. */
export async function drainEverything(place: Place, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const list = { namespace: place.namespace, labelSelector: labels.finalizerJobOf };
    const { items } = await place.client.list<Job>('Job', list);
    for (const job of items.filter((one) => jobOutcome(one) === undefined)) {
      // One that is gone meanwhile is not there to be ended.
      await endJob(place, job, 'Complete').catch(() => undefined);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

const LEFT = ['FluentPVCBinding', 'PersistentVolumeClaim', 'Job'] as const;
/** Many places may be waited for at a time. */
const LOOK_EVERY_MS = 500;

/**
 * Takes the Pods away, but those of finalizer Jobs, and waits until the operator has left nothing:
 * neither in the namespace, nor of it where volumes are rescued to, nor a volume.
 */
export async function emptied({ client, kubectl, namespace }: Place): Promise<void> {
  await kubectl('delete', 'replicasets,pdb', '--all', '--wait=false');
  const force = ['--force', '--grace-period=0', '--wait=false'];
  await soon('claims, bindings and Jobs to go', async () => {
    const own = { namespace, labelSelector: `!${labels.finalizerJobOf}` };
    if ((await client.list('Pod', own)).items.length > 0) {
      await kubectl('delete', 'pods', '-l', own.labelSelector, ...force);
    }
    const lists = await Promise.all(
      [namespace, RESCUE_NAMESPACE].flatMap((where) =>
        LEFT.map((kind) => client.list(kind, { namespace: where })),
      ),
    );
    const volumes = await client.list<Volume>('PersistentVolume', {});
    const left = [
      ...lists.flatMap(({ items }) => items).filter((one) => belongsTo(namespace, one.metadata)),
      ...volumes.items.filter(({ spec }) => belongsTo(namespace, spec.claimRef ?? {})),
    ];
    if (left.length === 0) return true;
    await sleep(LOOK_EVERY_MS);
    throw new Error(left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', '));
  });
}
