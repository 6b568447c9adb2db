import type { Observer } from '../e2e/observer.ts';
import { labels } from '../src/api/names.ts';
import { hasEnded, type Pod } from '../src/api/pod.ts';
import { ascending, type Measured } from './statistics.ts';

/** When what happened to each claim, as one and the same observer saw it. */
export interface Timeline {
  /** From the end of each claim's Pod to its Job, and from the first end to the last claim's. */
  measured(): Measured;
  /** ms from the first end of a Pod to the first Job. */
  firstJobMs(): number;
}

/** Follows what becomes of the claims of Pods whose end is to come. */
export function followDrains({ pods, jobs, claims }: Observer): Timeline {
  const ended = new Map<string, number>();
  const job = new Map<string, number>();
  const gone = new Map<string, number>();
  const first = (times: Map<string, number>, claim: string | undefined): void => {
    if (claim !== undefined && !times.has(claim)) times.set(claim, performance.now());
  };
  pods.onChange(({ type, object }) => {
    if (type !== 'set' || hasEnded(object)) first(ended, claimOfApp(object));
  });
  jobs.onChange(({ object }) => {
    first(job, object.metadata.name);
  });
  claims.onChange(({ type, object }) => {
    if (type !== 'set') first(gone, object.metadata.name);
  });
  const earliest = (times: Map<string, number>): number => ascending([...times.values()])[0] ?? NaN;
  return {
    measured: () => ({
      ms: [...job].map(([claim, at]) => Math.max(at - (ended.get(claim) ?? at), 0.1)),
      wallMs: Math.max(...gone.values()) - earliest(ended),
    }),
    firstJobMs: () => earliest(job) - earliest(ended),
  };
}

/** The claim of a Pod that is no Job's. */
function claimOfApp({ metadata, spec }: Pod): string | undefined {
  const { labels: own = {}, ownerReferences = [] } = metadata;
  if (own[labels.finalizerJobOf] !== undefined || ownerReferences.length > 0) return undefined;
  return spec.volumes?.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? [])[0];
}
