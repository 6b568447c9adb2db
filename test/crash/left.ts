import type { Identity, Stored } from '../../src/api/object.ts';
import type { Job } from '../../src/api/job.ts';
import type { Pod, PodStatus } from '../../src/api/pod.ts';
import { endJob, exited, ref, RUNNING, say, status } from '../api/cycle.ts';
import { leave, type Left } from '../api/original.ts';
import { originalJob } from '../support/original.ts';
import { soon, type Place } from './place.ts';
import { forceDeleted } from './steps.ts';

/** What the original operator has left in a place: four admissions, each at another stage. */
export interface Leavings {
  /** Names of the bindings. */
  names: Record<'running' | 'over' | 'applied' | 'drained', string>;
  /** Everybody else goes on: the Pod that runs ends, and the Job that is under way succeeds. */
  goOn: () => Promise<void>;
}

const [READY, OVER, APPLIED, SUCCEEDED] = [
  'Ready',
  'OutOfUse',
  'FinalizerJobApplied',
  'FinalizerJobSucceeded',
];

/** In the order in which it makes them, for the FluentPVC of the place. */
export async function leavings(place: Place, fluentPVC: Identity): Promise<Leavings> {
  const left = async (hash: string, ...conditions: string[]): Promise<Left> =>
    leave(place, `${fluentPVC.name}-7d9c8b5f44-${hash}`, fluentPVC, conditions);

  const running = await left('b2cdf', READY);
  await say(place, running.pod, regular('Running', RUNNING, RUNNING));

  const over = await left('b3cdg', READY, OVER);
  await says(place, over.pod);

  const applied = await left('b4cdh', READY, OVER, APPLIED);
  await forceDeleted(place, applied.pod);
  const job = await place.client.create<Job>(originalJob(applied.binding));

  // It stopped between the two writes of a release.
  const drained = await left('b5cdj', READY, OVER, APPLIED, SUCCEEDED);
  await forceDeleted(place, drained.pod);
  await place.client.patch(ref(place, 'PersistentVolumeClaim', drained.name), {
    type: 'merge',
    body: { metadata: { finalizers: ['kubernetes.io/pvc-protection'] } },
  });

  return {
    names: {
      running: running.name,
      over: over.name,
      applied: applied.name,
      drained: drained.name,
    },
    async goOn() {
      await says(place, running.pod);
      await isOurs(place, job);
      await endJob(place, job, 'Complete');
    },
  };
}

/** Waits until the Job is taken over. */
async function isOurs(place: Place, { metadata }: Stored<Job>): Promise<void> {
  await soon('the Job to be taken over', async () => {
    const found = await place.client.get<Job>(ref(place, 'Job', metadata.name));
    return found?.metadata.uid === metadata.uid && found.metadata.labels !== undefined;
  });
}

/** A Pod of the original has ended. */
async function says(place: Place, pod: Stored<Pod>): Promise<void> {
  await say(place, pod, regular('Succeeded', exited(0), exited(0)));
}

/** What a kubelet says of a Pod with a sidecar among its containers. */
function regular(...args: Parameters<typeof status>): PodStatus {
  const { initContainerStatuses = [], containerStatuses = [], ...others } = status(...args);
  return { ...others, containerStatuses: [...containerStatuses, ...initContainerStatuses] };
}
