import { jobOutcome } from '../../src/api/job.ts';
import { labels } from '../../src/api/names.ts';
import type { ObjectKey, Stored } from '../../src/api/object.ts';
import { hasEnded, type Pod } from '../../src/api/pod.ts';
import type { Observer } from '../observer.ts';

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

/** Waits until a finalizer Job has succeeded; without one a claim goes only where no Pod was. */
export function drained(observer: Observer, subject: Subject): Promise<'by a Job' | 'without'> {
  const keys = keysOf(subject);
  return observer.until({
    what: `claim ${subject.claim} of ${subject.namespace} to be drained`,
    probe: () => {
      const jobs = keys.map((key) => observer.jobs.get(key));
      if (jobs.some((job) => job !== undefined && jobOutcome(job)?.succeeded === true)) {
        return 'by a Job';
      }
      return keys.some((key) => observer.bindings.get(key)) ? undefined : 'without';
    },
    otherwise: () => bindingStates(observer, subject),
    timeout: DRAIN_MS,
  });
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

/** By claim: finalizer Jobs that failed; kept up to date, and known when the binding is gone. */
export function countAttempts({ bindings }: Pick<Observer, 'bindings'>): Map<string, number> {
  const attempts = new Map<string, number>();
  bindings.onChange(({ object: { metadata, status } }) => {
    // A binding that goes on elsewhere begins to count anew.
    const most = Math.max(attempts.get(metadata.name) ?? 0, status?.attempts ?? 0);
    attempts.set(metadata.name, most);
  });
  return attempts;
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
