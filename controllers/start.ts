import { keyOf, type KubeObject } from '../src/api/object.ts';
import type { Clock } from '../src/clock.ts';
import type { Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import { createBindingDecider, watchBindings } from './binding.ts';
import type { Caches } from './caches.ts';
import { Controller, type ReconcileObserver } from './controller.ts';
import { createFluentPVCDecider } from './fluentpvc.ts';
import { createPodDecider } from './pod.ts';

export interface ControllersOptions {
  caches: Caches;
  client: KubeClient;
  writer: Writer;
  clock: Clock;
  log: Log;
  concurrency: number;
  evictionTimeoutMs: number;
  observe: ReconcileObserver;
  /** Told of each controller's queue. */
  queueDepth: (controller: string, read: () => number) => void;
}

/**
 * The controllers, standing by: what they must remember of events they remember from now on.
 *
 * @returns works while this process leads, until the signal aborts; starts from all objects there are
 */
export function createControllers(
  options: ControllersOptions,
): (signal: AbortSignal) => Promise<void> {
  const { caches, client, clock, evictionTimeoutMs } = options;
  const deciders = {
    fluentpvc: createFluentPVCDecider(caches),
    binding: createBindingDecider({ caches, client, clock }),
    pod: createPodDecider({ caches, clock, evictionTimeoutMs }),
  };
  const controllers = Object.fromEntries(
    Object.entries(deciders).map(([name, decide]) => {
      const controller = new Controller({ ...options, name, decide });
      options.queueDepth(name, () => controller.queue.size);
      return [name, controller];
    }),
  ) as Record<keyof typeof deciders, Controller>;

  return async (signal) => {
    const { fluentpvc, binding, pod } = controllers;
    follow(caches.fluentPVCs, fluentpvc);
    follow(caches.pods, pod);
    watchBindings(caches, (key) => {
      binding.queue.add(key);
    });
    for (const { metadata } of caches.bindings.values()) binding.queue.add(keyOf(metadata));
    // The last binding of a FluentPVC lets it go; a binding that comes late says which sidecar.
    caches.bindings.onChange(({ object }) => {
      fluentpvc.queue.add(object.spec.fluentPVC.name);
      for (const { metadata } of caches.pods.byIndex(keyOf(object.metadata))) {
        pod.queue.add(keyOf(metadata));
      }
    });
    await Promise.all(Object.values(controllers).map((controller) => controller.run(signal)));
  };
}

/** Enqueues all objects of the cache, and from now on each that changes. */
function follow<T extends KubeObject>(cache: Cache<T>, controller: Controller): void {
  cache.onChange(({ object }) => {
    controller.queue.add(keyOf(object.metadata));
  });
  for (const { metadata } of cache.values()) controller.queue.add(keyOf(metadata));
}
