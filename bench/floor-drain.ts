import type { Observer } from '../e2e/observer.ts';
import { jobOutcome, type Job } from '../src/api/job.ts';
import { labels } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import { hasEnded, type Volume } from '../src/api/pod.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { container, drainedBy, labelledPod } from '../test/support/manifests.ts';
import { atOnce, patienceMs } from './population.ts';
import { NAMESPACE } from './shapes.ts';

/*
 * The least that a drain can be: when a Pod has ended a Job with its claim, when that has succeeded Job
 * and claim go. Nothing is recorded, nothing read again, nobody is asked whether the end is one.
 */

/** Lets Pods run that no webhook and no controller knows, with a claim each. */
export async function populateFloor(
  client: KubeClient,
  { pods, until }: Observer,
  count: number,
): Promise<void> {
  await atOnce(count, async (index) => {
    const name = `floor-${index}`;
    const { metadata, spec } = labelledPod({ namespace: NAMESPACE, name }, '');
    const { [labels.fluentPVC]: _label, ...rest } = metadata.labels ?? {};
    const pod = { ...metadata, labels: rest };
    await client.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: NAMESPACE },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
    } as KubeObject);
    await client.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: pod,
      spec: { ...spec, volumes: [volumeOf(name)] },
    });
  });
  const running = (): number =>
    [...pods.values()].filter(({ status }) => status?.phase === 'Running').length;
  await until({
    what: `${count} Pods to run`,
    probe: () => (running() >= count ? true : undefined),
    otherwise: () => `${running()} do`,
    timeout: patienceMs(count),
  });
}

/** Drains what {@link populateFloor} made, from now on. */
export function drainFloor(client: KubeClient, { pods, jobs, claims }: Observer): void {
  const begun = new Set<string>();
  const done = new Set<string>();
  pods.onChange(({ type, object }) => {
    const { name } = object.metadata;
    if (!isFloors(name) || begun.has(name)) return;
    if (type === 'set' && !hasEnded(object)) return;
    begun.add(name);
    void client.create(jobOf(name));
  });
  jobs.onChange(({ object }) => {
    const { name, uid } = object.metadata;
    if (!isFloors(name) || done.has(name) || jobOutcome(object)?.succeeded !== true) return;
    done.add(name);
    const ref = { namespace: NAMESPACE, name } as const;
    const claim = claims.get(`${NAMESPACE}/${name}`);
    void client.delete({ kind: 'Job', ...ref }, { uid, propagation: 'Background' });
    if (claim === undefined) return;
    const body = { uid: claim.metadata.uid, propagation: 'Background' } as const;
    void client.delete({ kind: 'PersistentVolumeClaim', ...ref }, body);
  });
}

/** The operator's Jobs and claims are none of its business, and it has the rights to delete them. */
function isFloors(name: string): boolean {
  return /^floor-\d+$/.test(name);
}

function jobOf(name: string): Job {
  const { template, ...spec } = drainedBy(container('drain'));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE },
    spec: { ...spec, template: { spec: { ...template.spec, volumes: [volumeOf(name)] } } },
  };
}

function volumeOf(claimName: string): Volume {
  return { name: 'buffer', persistentVolumeClaim: { claimName } };
}
