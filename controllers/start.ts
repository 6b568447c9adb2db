import type { OperatorDefaults } from '../src/api/fluentpvc.ts';
import { labels } from '../src/api/names.ts';
import { isDeleting, keyOf, type KubeObject, type ObjectKey } from '../src/api/object.ts';
import type { Clock } from '../src/clock.ts';
import type { Cache } from '../src/kube/cache.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { Writer } from '../src/kube/writer.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import { createBrakeDecider } from './pod/brake-report.ts';
import { createBindingDecider, watchBindings } from './binding/binding.ts';
import type { NodeMemory } from './binding/in-use/node-memory.ts';
import type { Caches } from './caches.ts';
import { takeCensus } from './census.ts';
import { Controller, type ControllerMetrics, type Decider } from './controller.ts';
import { createFluentPVCDecider } from './fluentpvc/fluentpvc.ts';
import { createFleets } from './pod/fleets.ts';
import { createPodDecider } from './pod/pod.ts';

export interface ControllersOptions {
  caches: Caches;
  client: KubeClient;
  writer: Writer;
  clock: Clock;
  nodeMemory: NodeMemory;
  log: Log;
  concurrency: number;
  evictionTimeoutMs: number;
  defaults: OperatorDefaults;
  /** Only of these, of what is in namespaces; `undefined`: of all. */
  namespaces: readonly string[] | undefined;
  /** Where volumes of namespaces that go are drained; `undefined`: nowhere. */
  rescueNamespace: string | undefined;
  metrics: ControllerMetrics & Pick<Metrics, 'census'>;
}

/**
 * The controllers, standing by: what they must remember of events they remember from now on.
 *
 * @returns works while this process leads, until the signal aborts; may be called again afterwards
 */
export function createControllers(
  options: ControllersOptions,
): (signal: AbortSignal) => Promise<void> {
  const { caches, clock, evictionTimeoutMs } = options;
  const fleets = createFleets({ ...caches, clock });
  const deciders = {
    fluentpvc: { decide: createFluentPVCDecider(options) },
    binding: { decide: createBindingDecider(options) },
    pod: createPodDecider({ caches, fleets, clock, evictionTimeoutMs }),
    brake: createBrakeDecider({
      caches,
      fleets,
      clock,
      call: (key) => {
        enqueue(pod, key);
      },
    }),
  } satisfies Record<string, Decider>;
  const controllers = Object.fromEntries(
    Object.entries(deciders).map(([name, decider]) => [
      name,
      new Controller({ ...options, name, ...decider }),
    ]),
  ) as Record<keyof typeof deciders, Controller>;

  const { fluentpvc, binding, pod, brake } = controllers;
  // Who stands by has nothing to do: it starts from all objects there are when its turn comes.
  let leading = false;
  options.metrics.census(() => {
    if (!leading) return new Map();
    const now = clock.now();
    const isBraked = (name: string): boolean => fleets.named(name)?.brake(now).on === true;
    return takeCensus({ now, caches, isBraked });
  });
  const enqueue = (controller: Controller, key: ObjectKey): void => {
    if (leading) controller.queue.add(key);
  };
  const follow = <T extends KubeObject>(cache: Cache<T>, controller: Controller): void => {
    cache.onChange(({ object }) => {
      enqueue(controller, keyOf(object.metadata));
    });
  };
  follow(caches.fluentPVCs, fluentpvc);
  follow(caches.pods, pod);
  watchBindings(caches, (key) => {
    enqueue(binding, key);
  });
  // The last binding of a FluentPVC lets it go; a binding that comes late says which sidecar.
  caches.bindings.onChange(({ object }) => {
    enqueue(fluentpvc, object.spec.fluentPVC.name);
    for (const { metadata } of caches.pods.byIndex(keyOf(object.metadata))) {
      enqueue(pod, keyOf(metadata));
    }
  });

  // Whose namespace goes must leave it. A binding that comes later is enqueued for itself.
  caches.namespaces.onChange(({ object }) => {
    if (!isDeleting(object)) return;
    for (const cache of [caches.bindings, caches.claims]) {
      for (const { metadata } of cache.values()) {
        if (metadata.namespace === object.metadata.name) enqueue(binding, keyOf(metadata));
      }
    }
  });

  // So does the last claim: one without a binding needs its FluentPVC to get it back.
  caches.claims.onChange(({ object }) => {
    const name = object.metadata.labels?.[labels.fluentPVC];
    if (name !== undefined) enqueue(fluentpvc, name);
  });

  // One that is made again gives claims their bindings back that had lost both.
  caches.fluentPVCs.onChange(({ type, object }) => {
    if (type !== 'set' || !leading) return;
    for (const { metadata } of caches.claims.byIndex(object.metadata.name)) {
      const key = keyOf(metadata);
      if (caches.bindings.get(key) === undefined) enqueue(binding, key);
    }
  });

  fleets.onChange((name) => {
    enqueue(brake, name);
  });

  return async (signal) => {
    leading = true;
    enqueueAll(caches.fluentPVCs, fluentpvc);
    enqueueAll(caches.pods, pod);
    enqueueAll(caches.bindings, binding);
    // A claim without a binding has nobody else to call for it.
    enqueueAll(caches.claims, binding);
    for (const name of fleets.names()) enqueue(brake, name);
    try {
      await Promise.all(Object.values(controllers).map((controller) => controller.run(signal)));
    } finally {
      leading = false;
    }
  };
}

function enqueueAll<T extends KubeObject>(cache: Cache<T>, controller: Controller): void {
  for (const { metadata } of cache.values()) controller.queue.add(keyOf(metadata));
}
