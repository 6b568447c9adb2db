import { finalizers, labels } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import type { Leftovers } from './report.ts';
import type { SafetyStage } from './stage.ts';

/** Kubernetes takes its time with namespaces. */
const PATIENCE_MS = 180_000;

/** Waits until nothing of any run is left, and says what is there all the same. */
export async function awaitNothingLeft(stage: SafetyStage): Promise<Leftovers> {
  let left = await leftovers(stage);
  const { signal } = stage;
  const waiting = waitUntilReady({
    what: 'the end of all that runs have made',
    timeout: PATIENCE_MS,
    every: 1_000,
    signal,
    probe: async () => {
      left = await leftovers(stage);
      return Object.values(left).flat().length === 0 ? undefined : 'something is left';
    },
  });
  // What is left is told by whoever asked; only an interruption ends all.
  await waiting.catch(() => {
    signal.throwIfAborted();
  });
  return left;
}

async function leftovers({ client, example }: SafetyStage): Promise<Leftovers> {
  const all = async <T extends KubeObject>(kind: Kind, labelSelector = '') =>
    (await client.list<T>(kind, { labelSelector })).items;
  const [claims, volumes, bindings, jobs, namespaces] = await Promise.all([
    all('PersistentVolumeClaim'),
    all<KubeObject & { spec: { claimRef?: { namespace?: string } } }>('PersistentVolume'),
    all('FluentPVCBinding'),
    all('Job', labels.finalizerJobOf),
    all('Namespace'),
  ]);
  const names = (objects: readonly KubeObject[]): string[] =>
    objects.map(({ metadata: { namespace, name = '' } }) =>
      namespace === undefined ? name : `${namespace}/${name}`,
    );
  return {
    claims: names(
      claims.filter(
        ({ metadata }) =>
          metadata.finalizers?.includes(finalizers.claim) === true ||
          metadata.labels?.[labels.fluentPVC] !== undefined,
      ),
    ),
    // The backend has one of its own.
    volumes: names(
      volumes.filter(({ spec }) => spec.claimRef?.namespace !== example.backend.namespace),
    ),
    bindings: names(bindings),
    jobs: names(jobs),
    namespaces: names(namespaces.filter(({ metadata }) => metadata.name.startsWith('safety-'))),
  };
}
