import { labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import { containerStatuses, type Pod } from '../../src/api/pod.ts';
import type { Cache } from '../../src/kube/cache.ts';

/**
 * How many lines each Pod wrote, in its writer's own words: the termination message, which comes by
 * kubelet and API server and never by the shipper whose work is counted.
 */
export interface Ledger {
  /** By Pod, every one that was ever seen; `undefined` as long as it has not said. */
  readonly written: ReadonlyMap<string, number | undefined>;
}

/** Whose Pods are followed, and what their lines begin with. */
export interface Writers {
  readonly fluentPVC: string;
  readonly nameOf: (pod: Stored<Pod>) => string;
}

/** Follows all Pods from now on; what they said stays known when they are gone. */
export function keepLedger(pods: Cache<Pod>, { fluentPVC, nameOf }: Writers): Ledger {
  const written = new Map<string, number | undefined>();
  const note = (pod: Stored<Pod>): void => {
    if (pod.metadata.labels?.[labels.fluentPVC] !== fluentPVC) return;
    const name = nameOf(pod);
    written.set(name, linesWritten(pod) ?? written.get(name));
  };
  for (const pod of pods.values()) note(pod);
  pods.onChange(({ object }) => {
    note(object);
  });
  return { written };
}

/** What the Pod's writer said at its end; `undefined` while it runs, or where it was cut off. */
export function linesWritten(pod: Pod): number | undefined {
  const words = containerStatuses(pod).map(({ state }) => state?.terminated?.message?.trim() ?? '');
  // A writer that was started again numbers on: only its last word counts, and only at its end.
  const counts = words.flatMap((each) => /^wrote (\d+) lines$/.exec(each)?.[1] ?? []);
  return counts[0] === undefined ? undefined : Number(counts[0]);
}
