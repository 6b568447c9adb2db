import { createBindingDecider } from '../../controllers/binding/binding.ts';
import { createNodeMemory } from '../../controllers/binding/in-use/node-memory.ts';
import { trimBinding, trimClaim } from '../../controllers/trim.ts';
import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { getCondition } from '../../src/api/condition.ts';
import type { KubeEvent } from '../../src/api/event.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, finalizers } from '../../src/api/names.ts';
import { isDeleting, type KubeObject, type Stored } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { CreateRefusal } from '../../src/kube/create-refusal.ts';
import { createWriter } from '../../src/kube/writer.ts';
import { fakeCaches } from './fake-caches.ts';
import { FakeClock } from './fake-clock.ts';
import { KEY, make, NAME } from './make.ts';
import { memoryApi, type MemoryApi } from './memory-api.ts';
import { memoryLog } from './memory-log.ts';
import './one-realm.ts';

const BINDING: ObjectRef = { kind: 'FluentPVCBinding', namespace: 'shop', name: NAME };
const CLAIM: ObjectRef = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: NAME };

/** An API server, and an operator that minds the one admission in it. */
export interface Living {
  api: MemoryApi;
  clock: FakeClock;
  /** Lets the operator, and the controllers of Kubernetes, act until nobody has anything left to do. */
  settle(): Promise<void>;
  binding(): Promise<Stored<Binding> | undefined>;
  claim(): Promise<Stored<Claim> | undefined>;
  /** What the binding says, `Reason: message`. */
  says(type: string): Promise<string>;
  /** Reasons and notes of all Events. */
  events(): Promise<string[]>;
  /** Does what a message says: the commands of kubectl in it, as the guards allow them. */
  obey(message: string): Promise<void>;
  /** Takes an object away, and whatever keeps it. */
  remove(ref: ObjectRef): Promise<void>;
}

export function living(...objects: KubeObject[]): Living {
  const api = memoryApi(...objects);
  const clock = new FakeClock();
  const log = memoryLog();
  const { defaults } = make;
  const caches = fakeCaches({});
  // So that no absence is ever proven.
  caches.pods.unbrokenSince = Number.POSITIVE_INFINITY;
  const nodeMemory = createNodeMemory(clock);
  const working = { caches, client: api, clock, nodeMemory, defaults };
  const decide = createBindingDecider({ ...working, rescueNamespace: 'rescue' });
  const reporter = { controller: 'operator', instance: 'host_1' };
  const writer = createWriter({ client: api, clock, log, reporter });
  const { signal } = new AbortController();
  /** What the API server did not take of the last plan. */
  const refusals: CreateRefusal[] = [];

  const binding = (): Promise<Stored<Binding> | undefined> => api.get<Binding>(BINDING);
  const claim = (): Promise<Stored<Claim> | undefined> => api.get<Claim>(CLAIM);

  /** As the watches would. */
  const deliver = async (): Promise<void> => {
    const [stored, bound, job] = [
      await binding(),
      await claim(),
      await api.get<Job>({ ...BINDING, kind: 'Job' }),
    ];
    if (stored === undefined) caches.bindings.remove(make.binding());
    else caches.bindings.set(trimBinding(stored));
    if (bound === undefined) caches.claims.remove(make.claim());
    else caches.claims.set(trimClaim(bound));
    if (job === undefined) caches.jobs.remove(make.job());
    else caches.jobs.set(job);
    const fluentPVC = await api.get<FluentPVC>({ kind: 'FluentPVC', name: 'logs' });
    if (fluentPVC === undefined) caches.fluentPVCs.remove(make.fluentPVC());
    else caches.fluentPVCs.set(fluentPVC);
    for (const one of (await api.list('Namespace', {})).items) caches.namespaces.set(one);
  };
  /** As Kubernetes does of a claim that no Pod names. */
  const unprotect = async (): Promise<void> => {
    const bound = await claim();
    const { finalizers: kept = [] } = bound?.metadata ?? {};
    if (bound === undefined || !isDeleting(bound) || !kept.includes(finalizers.claimInUse)) return;
    const body = { metadata: { finalizers: kept.filter((one) => one !== finalizers.claimInUse) } };
    await api.patch(CLAIM, { type: 'merge', body });
  };
  const remove = async (ref: ObjectRef): Promise<void> => {
    const { metadata } = (await api.get(ref)) ?? {};
    if (metadata === undefined) return;
    await api.patch(ref, { type: 'merge', body: { metadata: { finalizers: null } } });
    if ((await api.get(ref)) === undefined) return;
    await api.delete(ref, { uid: metadata.uid, propagation: 'Background' });
  };

  return {
    api,
    clock,
    binding,
    claim,
    remove,
    async settle() {
      for (let looks = 0; looks < 40; looks += 1) {
        await unprotect();
        await deliver();
        const { writes } = await decide(KEY, signal, refusals.pop());
        const before = JSON.stringify([await binding(), await claim(), api.writes.length]);
        const onRefusal = (refusal: CreateRefusal): number => refusals.push(refusal);
        await writer.apply(writes, { onRefusal }).catch(() => undefined);
        // A create that is refused over and over, and nothing else, is how it waits.
        const isWaiting = refusals.length > 0 && looks > 5;
        if (writes.length === 0 || isWaiting) return;
        if (JSON.stringify([await binding(), await claim(), api.writes.length]) === before) return;
      }
      throw new Error('the operator does not come to rest');
    },
    async says(type) {
      const said = getCondition((await binding())?.status?.conditions, type);
      return said?.status === 'True' ? `${said.reason}: ${said.message}` : 'nothing';
    },
    async events() {
      const { items } = await api.list<KubeEvent>('Event', {});
      return items.map(({ reason = '', note = '' }) => `${reason}: ${note}`);
    },
    async obey(message) {
      const annotate = /kubectl annotate fpvcb (?:-n (\S+) )?(\S+) (\S+?)=([\w-]+)/.exec(message);
      if (annotate !== null) {
        const [, namespace = 'shop', name = '', annotation = '', value = ''] = annotate;
        const body = { metadata: { annotations: { [annotation]: value } } };
        await api.patch({ ...BINDING, namespace, name }, { type: 'merge', body });
        return;
      }
      const [, name = ''] = /kubectl delete fpvcb (\S+?)[.;,]?(?:\s|$)/.exec(message) ?? [];
      const stored = await api.get<Binding>({ ...BINDING, name });
      if (stored === undefined) throw new Error(`no command in: ${message}`);
      // src/core/guard-binding.ts
      const { spec, status, metadata } = stored;
      const isUnknown = getCondition(status?.conditions, 'Unknown')?.status === 'True';
      const isGivenUp = metadata.annotations?.[annotations.release] === spec.pvc.uid;
      if (!isUnknown && !isGivenUp) throw new Error('the guard denies that');
      await api.delete(BINDING, { uid: metadata.uid, propagation: 'Background' });
    },
  };
}
