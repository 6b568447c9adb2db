import { labels } from '../../src/api/names.ts';
import { containerStatuses, type Pod } from '../../src/api/pod.ts';
import type { Cache } from '../../src/kube/cache.ts';
import { fluentPVCName, writerName } from './objects.ts';

/**
 * How many lines each Pod wrote, in its writer's own words: the termination message, which comes by
 * kubelet and API server and never by the shipper whose work is counted.
 */
export interface Ledger {
  /** By Pod, every one that was ever seen; `undefined` as long as it has not said. */
  readonly written: ReadonlyMap<string, number | undefined>;
}

/** Follows all Pods from now on; what they said stays known when they are gone. */
export function keepLedger(pods: Cache<Pod>): Ledger {
  const written = new Map<string, number | undefined>();
  const note = (pod: Pod): void => {
    if (pod.metadata.labels?.[labels.fluentPVC] !== fluentPVCName) return;
    const name = pod.metadata.name ?? '';
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
  const writer = containerStatuses(pod).find(({ name }) => name === writerName);
  // A writer that was started again numbers on: only its last word counts, and only at its end.
  const match = /^wrote (\d+) lines$/.exec(writer?.state?.terminated?.message?.trim() ?? '');
  return match === null ? undefined : Number(match[1]);
}
