import { isTrue } from '../../src/api/condition.ts';
import { jobOutcome } from '../../src/api/job.ts';
import { labels } from '../../src/api/names.ts';
import { isDeleting, type KubeObject, type ObjectKey, type Stored } from '../../src/api/object.ts';
import { hasEnded, type Pod } from '../../src/api/pod.ts';
import type { Observer } from '../observer.ts';
import { type ContainerEnd, endIn } from './effect.ts';

/** Where volumes of namespaces that go are drained. */
export const RESCUE_NAMESPACE = 'fluent-pvc-rescue';

/** Pod and claim of a run; the claim may be drained in the rescue namespace. */
export interface Subject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Name of claim, binding and finalizer Job. */
  readonly claim: string;
}

/** It may be backoffs of failed Jobs, and the proof that a writer stopped: minutes. */
const DRAIN_MS = 480_000;

/** Waits until the Pod has ended or is gone from the API; its containers may still run. */
export function podOver(observer: Observer, subject: Subject): Promise<'ended' | 'gone'> {
  return observer.until({
    what: `Pod ${subject.namespace}/${subject.name} to be over`,
    probe: () => {
      const pod = podOf(observer, subject);
      if (pod === undefined) return 'gone';
      return hasEnded(pod) ? 'ended' : undefined;
    },
    otherwise: () => `it is ${podOf(observer, subject)?.status?.phase ?? 'gone'}`,
    timeout: DRAIN_MS,
  });
}

/** The Pod as the watch shows it; the one of that uid only. */
export function podOf(observer: Observer, subject: Subject): Stored<Pod> | undefined {
  const pod = observer.pods.get(keyIn(subject.namespace, subject.name));
  return pod?.metadata.uid === subject.uid ? pod : undefined;
}

/** Waits for the end of a container of the Pod; `undefined` where the Pod is over and nobody saw it. */
export async function endOf(
  observer: Observer,
  subject: Subject,
  idIn: (pod: Pod) => string | undefined,
): Promise<ContainerEnd | undefined> {
  const found = await observer.until({
    what: `the end of a container of Pod ${subject.namespace}/${subject.name}`,
    probe: () => {
      const pod = podOf(observer, subject);
      if (pod === undefined) return {};
      const end = endIn(pod, idIn(pod) ?? '');
      return end === undefined && !hasEnded(pod) ? undefined : { end };
    },
    otherwise: () => 'it runs',
    timeout: DRAIN_MS,
  });
  return found.end;
}

/** Waits until the API has the Pod no more. */
export async function podGone(observer: Observer, subject: Subject): Promise<void> {
  await observer.until({
    what: `Pod ${subject.namespace}/${subject.name} to go`,
    probe: () => (podOf(observer, subject) === undefined ? true : undefined),
    otherwise: () => 'it is there',
  });
}

/** Waits until somebody has deleted what `find` finds; its end may take its time. */
export async function unwanted(
  observer: Observer,
  what: string,
  find: () => Stored<KubeObject> | undefined,
): Promise<void> {
  await observer.until({
    what: `${what} to be deleted`,
    probe: () => {
      const found = find();
      return found === undefined || isDeleting(found) ? true : undefined;
    },
    otherwise: () => 'nobody deletes it',
  });
}

/** How a claim was released. */
export type Release = 'by a Job' | 'without';

/** Waits until a finalizer Job has succeeded; without one a claim goes only where no Pod was. */
export function drained(
  { observer, history }: { readonly observer: Observer; readonly history: History },
  subject: Subject,
): Promise<Release> {
  return observer.until({
    what: `claim ${subject.claim} of ${subject.namespace} to be drained`,
    probe: () => releaseIn({ ...observer, history }, subject),
    otherwise: () => bindingStates(observer, subject),
    timeout: DRAIN_MS,
  });
}

/** How the claim was released, or may be; `undefined` as long as it is to be drained. */
export function releaseIn(
  {
    jobs,
    bindings,
    history,
  }: {
    readonly jobs: Pick<Observer['jobs'], 'get'>;
    readonly bindings: Pick<Observer['bindings'], 'get'>;
    readonly history: History;
  },
  subject: Subject,
): Release | undefined {
  const keys = keysOf(subject);
  const all = keys.map((key) => jobs.get(key));
  const isDone = all.some((job) => job !== undefined && jobOutcome(job)?.succeeded === true);
  // The watch of bindings may be ahead of that of Jobs; it has its own word for the success.
  if (isDone || history.drained.has(subject.claim)) return 'by a Job';
  return keys.some((key) => bindings.get(key)) ? undefined : 'without';
}

/** Waits until claim and binding are gone. */
export async function released(observer: Observer, subject: Subject): Promise<void> {
  const left = (): boolean =>
    keysOf(subject).some((key) => observer.claims.get(key) ?? observer.bindings.get(key));
  await observer.until({
    what: `claim and binding ${subject.claim} of ${subject.namespace} to go`,
    probe: () => (left() ? undefined : true),
    otherwise: () => bindingStates(observer, subject),
    timeout: DRAIN_MS,
  });
}

/** Pods of the finalizer Job that have not ended. */
export function drainers(observer: Observer, { claim }: Subject): Stored<Pod>[] {
  return [...observer.pods.values()].filter(
    (pod) => pod.metadata.labels?.[labels.finalizerJobOf] === claim && !hasEnded(pod),
  );
}

/** By claim, what is to be known of a binding when it is gone. */
export interface History {
  /** Finalizer Jobs that failed. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Those whose finalizer Job has succeeded. */
  readonly drained: ReadonlySet<string>;
}

/** Writes down what bindings say of themselves, from now on. */
export function keepHistory({
  bindings,
}: {
  readonly bindings: Pick<Observer['bindings'], 'onChange'>;
}): History {
  const attempts = new Map<string, number>();
  const drained = new Set<string>();
  bindings.onChange(({ object: { metadata, status } }) => {
    // A binding that goes on elsewhere begins to count anew.
    const most = Math.max(attempts.get(metadata.name) ?? 0, status?.attempts ?? 0);
    attempts.set(metadata.name, most);
    if (isTrue(status?.conditions, 'FinalizerJobSucceeded')) drained.add(metadata.name);
  });
  return { attempts, drained };
}

function bindingStates(observer: Observer, subject: Subject): string {
  const states = keysOf(subject).map((key) => {
    const { phase, conditions = [] } = observer.bindings.get(key)?.status ?? {};
    const messages = conditions
      .filter(({ status }) => status === 'True')
      .map(({ type, reason, message }) => `${type} (${reason}): ${message}`);
    return `binding ${key} is ${phase ?? 'not there'}; ${messages.join('; ')}`;
  });
  return states.join(' | ');
}

function keysOf({ namespace, claim }: Subject): ObjectKey[] {
  return [namespace, RESCUE_NAMESPACE].map((place) => keyIn(place, claim));
}

function keyIn(namespace: string, name: string): ObjectKey {
  return `${namespace}/${name}`;
}
