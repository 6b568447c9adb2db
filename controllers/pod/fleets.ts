import type { Binding } from '../../src/api/binding.ts';
import { labels } from '../../src/api/names.ts';
import { isDeleting, keyOf, type Stored } from '../../src/api/object.ts';
import { hasEnded, mountsClaim, type Pod } from '../../src/api/pod.ts';
import type { Clock } from '../../src/clock.ts';
import { bindingKeyBy, type Caches } from '../caches.ts';
import { Fleet, type FailedSidecar } from './fleet.ts';
import { sidecarTrouble } from './sidecar-trouble.ts';

/** The Pods of each FluentPVC, by its name. */
export interface Fleets {
  /** The fleet of a Pod that is there and has a binding, by the Pod's uid. */
  of(uid: string): Fleet | undefined;
  named(fluentPVC: string): Fleet | undefined;
  names(): IterableIterator<string>;
  /** Tells of each change in a fleet of which sidecars failed of late. */
  onChange(watcher: (fluentPVC: string) => void): void;
  /** Forgets a fleet of which nothing is left. */
  forget(fluentPVC: string): void;
}

/**
 * Follows the caches, of a process that stands by as well: whoever takes over knows what failed
 * within the window. One that starts knows what is failing now, before it decides on any Pod; of
 * Pods that failed and went before, nothing in the cluster tells why they went.
 */
export function createFleets({
  pods,
  bindings,
  clock,
}: Pick<Caches, 'pods' | 'bindings'> & { clock: Clock }): Fleets {
  const bindingKey = bindingKeyBy(labels.binding);
  const fleets = new Map<string, Fleet>();
  /** The FluentPVC of each Pod, by uid. */
  const homes = new Map<string, string>();
  const watchers: ((fluentPVC: string) => void)[] = [];

  const tell = (name: string): void => {
    const fleet = fleets.get(name);
    if (fleet === undefined) return;
    if (fleet.brake(clock.now()).failed > 0) for (const watcher of watchers) watcher(name);
    else if (fleet.isEmpty) fleets.delete(name);
  };
  const remove = (uid: string): void => {
    const name = homes.get(uid);
    if (name === undefined) return;
    homes.delete(uid);
    fleets.get(name)?.delete(uid, clock.now());
    tell(name);
  };
  const look = (pod: Stored<Pod>): void => {
    const { uid } = pod.metadata;
    const binding = bindings.get(bindingKey(pod) ?? '');
    // By label and claim, never by name: anybody may give a Pod our label.
    const bound = binding !== undefined && mountsClaim(pod, binding.spec.pvc.name);
    const name = bound ? binding.spec.fluentPVC.name : undefined;
    if (homes.get(uid) !== name) remove(uid);
    if (name === undefined || !bound) return;
    if (isDeleting(pod) || hasEnded(pod)) {
      remove(uid);
      return;
    }
    homes.set(uid, name);
    const fleet = fleets.get(name) ?? new Fleet();
    fleets.set(name, fleet);
    fleet.set(uid, failureOf(pod, binding), clock.now());
    tell(name);
  };

  for (const pod of pods.values()) look(pod);
  pods.onChange(({ type, object }) => {
    if (type === 'set') look(object);
    else remove(object.metadata.uid);
  });
  // A binding that comes late says which sidecar is meant.
  bindings.onChange(({ object }) => {
    pods.byIndex(keyOf(object.metadata)).forEach(look);
  });

  return {
    of: (uid) => fleets.get(homes.get(uid) ?? ''),
    named: (name) => fleets.get(name),
    names: () => fleets.keys(),
    onChange: (watcher) => {
      watchers.push(watcher);
    },
    forget: (name) => {
      if (fleets.get(name)?.isEmpty === true) fleets.delete(name);
    },
  };
}

function failureOf(pod: Stored<Pod>, { spec }: Stored<Binding>): FailedSidecar | undefined {
  const { sidecar } = spec;
  const trouble = sidecar === undefined ? undefined : sidecarTrouble(pod, sidecar);
  if (sidecar === undefined || trouble === undefined) return undefined;
  return { key: keyOf(pod.metadata), fluentPVC: spec.fluentPVC.name, sidecar, trouble };
}
