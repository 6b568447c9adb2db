import { observe, type Observer } from '../e2e/observer.ts';
import type { KubeObject, Stored } from '../src/api/object.ts';
import type { Pod } from '../src/api/pod.ts';
import type { Kind } from '../src/api/resources.ts';
import { systemClock } from '../src/clock.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { NAMESPACE, subjects } from './shapes.ts';
import type { Stand } from './stand.ts';

/** Requests at a time, of whoever makes or deletes many objects. */
export const AT_ONCE = 32;
/** A simulated cluster on a small machine makes a few Pods and volumes a second. */
const PATIENCE_MS = 60_000;
const PATIENCE_MS_PER_POD = 1_000;
const ENVS = 5;

/** Watches all objects of the stand until its parts are closed. */
export async function observeStand(
  { client }: Stand,
  parts: AsyncDisposableStack,
): Promise<Observer> {
  const over = new AbortController();
  parts.defer(() => {
    over.abort();
  });
  return observe({ client, clock: systemClock }, over.signal);
}

/** Makes Pods with a claim each until there are so many bindings, all Ready: what lets them run is `make`'s. */
export async function populate(
  { client }: Stand,
  { bindings, until }: Observer,
  count: number,
  make: (client: KubeClient, pod: Pod, index: number) => Promise<unknown> = ofNodes,
): Promise<void> {
  const ready = (): number =>
    [...bindings.values()].filter(({ status }) => status?.phase === 'Ready').length;
  await atOnce(count - [...bindings.values()].length, (index) =>
    make(client, subjects.operator(ENVS), index),
  );
  await until({
    what: `${count} bindings to be Ready`,
    probe: () => (ready() >= count ? true : undefined),
    otherwise: () => `${ready()} are`,
    timeout: patienceMs(count),
  });
}

/** Nodes let it run. */
function ofNodes(client: KubeClient, pod: Pod): Promise<unknown> {
  return client.create(pod);
}

export function patienceMs(count: number): number {
  return PATIENCE_MS + count * PATIENCE_MS_PER_POD;
}

/** Does that so often, several at a time. */
export async function atOnce(
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Deletes those objects, as `kubectl delete` does. */
export async function deleteAll(
  client: KubeClient,
  objects: readonly Stored<KubeObject>[],
): Promise<void> {
  await atOnce(objects.length, async (index) => {
    const object = objects[index];
    if (object === undefined) return;
    const { kind, metadata } = object;
    const ref = { kind: kind as Kind, namespace: NAMESPACE, name: metadata.name };
    await client.delete(ref, { uid: metadata.uid, propagation: 'Background' });
  });
}
