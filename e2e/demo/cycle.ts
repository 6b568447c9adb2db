import type { Binding } from '../../src/api/binding.ts';
import { labels } from '../../src/api/names.ts';
import { isDeleting, type Stored } from '../../src/api/object.ts';
import { isReady, type Pod } from '../../src/api/pod.ts';
import type { Kind } from '../../src/api/resources.ts';
import { UserError } from '../../src/errors.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Observer } from '../observer.ts';
import type { Cast } from './objects.ts';
import type { Leftovers } from './tally.ts';

/** A Pod of the application and what it was given. */
export interface AppPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Name of its claim and of its binding. */
  readonly claim: string;
}

/** Waits for a Pod of the application that runs with a bound claim, other than those. */
export function runningAppPod(
  observer: Observer,
  { namespace, appName }: Cast,
  others: readonly AppPod[],
): Promise<AppPod> {
  return observer.until({
    what: `a${others.length === 0 ? '' : 'nother'} Pod of ${appName} to run with a PVC of its own`,
    probe: () => {
      const pod = podsOf(observer, appName).find(
        (candidate) =>
          candidate.status?.phase === 'Running' &&
          !isDeleting(candidate) &&
          others.every(({ uid }) => uid !== candidate.metadata.uid),
      );
      const claim = pod?.metadata.labels?.[labels.binding];
      if (pod === undefined || claim === undefined) return undefined;
      if (observer.claims.get(`${namespace}/${claim}`)?.status?.phase !== 'Bound') return undefined;
      const shared = others.find((other) => other.claim === claim);
      if (shared !== undefined) {
        throw new UserError(`Pod ${pod.metadata.name} has the PVC of Pod ${shared.name}: ${claim}`);
      }
      return { namespace, name: pod.metadata.name, uid: pod.metadata.uid, claim };
    },
    otherwise: () => namesAndStates(podsOf(observer, appName)),
  });
}

/** Waits until the operator, or anybody, has deleted the Pod. */
export async function deletionOf(observer: Observer, { name, uid }: AppPod): Promise<void> {
  const find = (): Stored<Pod> | undefined =>
    [...observer.pods.values()].find(({ metadata }) => metadata.uid === uid);
  await observer.until({
    what: `the operator to delete Pod ${name}`,
    probe: () => {
      const pod = find();
      return pod === undefined || isDeleting(pod) ? true : undefined;
    },
    otherwise: () => `it is ${find()?.status?.phase ?? 'gone'} and nobody deletes it`,
  });
}

/** Waits until the finalizer Job has failed once, or the claim is drained already. */
export async function firstAttempt(
  observer: Observer,
  { namespace, claim }: AppPod,
): Promise<void> {
  const find = (): Stored<Binding> | undefined => observer.bindings.get(`${namespace}/${claim}`);
  await observer.until({
    what: `the finalizer Job ${claim} to end`,
    probe: () => {
      const binding = find();
      const { attempts = 0, phase } = binding?.status ?? {};
      const ended = binding === undefined || attempts > 0 || phase === 'FinalizerJobSucceeded';
      return ended ? true : undefined;
    },
    otherwise: () => `the binding is ${find()?.status?.phase ?? 'gone'}`,
  });
}

/** Waits until claim and binding of the Pod are gone. */
export async function releaseOf(observer: Observer, { namespace, claim }: AppPod): Promise<void> {
  const key = `${namespace}/${claim}`;
  await observer.until({
    what: `PVC ${claim} and its binding to go`,
    probe: () =>
      observer.claims.get(key) === undefined && observer.bindings.get(key) === undefined
        ? true
        : undefined,
    otherwise: () =>
      `the PVC is ${observer.claims.get(key)?.status?.phase ?? 'gone'}, ` +
      `the binding ${observer.bindings.get(key)?.status?.phase ?? 'gone'}`,
  });
}

/** Waits until there is no Pod of the application. */
export async function endOfApp(observer: Observer, { appName }: Cast): Promise<void> {
  await observer.until({
    what: `all Pods of ${appName} to go`,
    probe: () => (podsOf(observer, appName).length === 0 ? true : undefined),
    otherwise: () => namesAndStates(podsOf(observer, appName)),
  });
}

/** Waits until the backend serves, or is gone. */
export async function backendIs(
  observer: Observer,
  { backendName }: Pick<Cast, 'backendName'>,
  state: 'Ready' | 'gone',
): Promise<void> {
  const pods = (): readonly Stored<Pod>[] => podsOf(observer, backendName);
  await observer.until({
    what: `the backend to be ${state}`,
    probe: () => {
      const wanted = state === 'gone' ? pods().length === 0 : pods().some(isReady);
      return wanted ? true : undefined;
    },
    otherwise: () =>
      pods().length === 0
        ? 'it has no Pod'
        : pods()
            .map((pod) => `Pod ${pod.metadata.name} is ${pod.status?.phase ?? 'new'}`)
            .join(', '),
  });
}

/** Pods of that `app` label. */
export function podsOf(observer: Observer, app: string): readonly Stored<Pod>[] {
  return [...observer.pods.values()].filter(({ metadata }) => metadata.labels?.app === app);
}

/** What there still is of the operator's making, for any FluentPVC; asked live, as the last word. */
export async function leftoversOf(client: KubeClient): Promise<Leftovers> {
  const namesOf = async (kind: Kind, label: string): Promise<string[]> => {
    const { items } = await client.list(kind, { labelSelector: label });
    return items.map(({ metadata }) => metadata.name);
  };
  const [claims, bindings, jobs] = await Promise.all([
    namesOf('PersistentVolumeClaim', labels.fluentPVC),
    namesOf('FluentPVCBinding', ''),
    namesOf('Job', labels.finalizerJobOf),
  ]);
  return { claims, bindings, jobs };
}

function namesAndStates(pods: readonly Stored<Pod>[]): string {
  if (pods.length === 0) return 'there is none';
  return pods
    .map((pod) => `${pod.metadata.name} is ${isDeleting(pod) ? 'going' : pod.status?.phase}`)
    .join(', ');
}
