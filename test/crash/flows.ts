import type { Binding } from '../../src/api/binding.ts';
import { labels } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import { endJob } from '../api/cycle.ts';
import { container } from '../support/manifests.ts';
import { CLAIM_FLOWS } from './claim-flows.ts';
import type { Flow } from './flow.ts';
import { bindingThat, bindingWith, jobOf, runningPod, soon } from './place.ts';
import { POD_FLOWS } from './pod-flows.ts';
import { RESCUE_FLOWS } from './rescue-flows.ts';
import { draining, drains, ends, failing, finalizes, forceDeleted, retried } from './steps.ts';

/** By what a Job knows its Pods. */
const jobLabel = 'batch.kubernetes.io/controller-uid';

/** By what happens in them. Those that take minutes are in cuts.ts and absence.test.ts. */
export const FLOWS = {
  ...CLAIM_FLOWS,
  ...POD_FLOWS,
  ...RESCUE_FLOWS,
  'a claim is drained and released': {
    points: [
      'the FluentPVC gets our finalizer',
      'the binding learns Pod and claim',
      'an Event is written',
      'the status says Ready',
      'the status says OutOfUse',
      'the finalizer Job is created',
      'the status says FinalizerJobApplied',
      'the status says FinalizerJobSucceeded',
      'the finalizer Job is deleted',
      'the claim is deleted',
      'the claim loses our finalizer',
      'the binding is deleted',
      'the binding loses our finalizer',
    ],
    async run(place) {
      const { binding } = await draining(place);
      await drains(place, binding);
    },
  },
  'a drain fails and is tried again': {
    points: [
      'the status says FinalizerJobFailed',
      'the failed finalizer Job is deleted',
      ['the finalizer Job is created', 2],
      ['the status says FinalizerJobApplied', 2],
    ],
    async run(place) {
      const { binding, job } = await failing(place);
      await retried(place, binding);
      await drains(place, binding, job.metadata.uid);
    },
  },
  'the last attempt of a drain fails': {
    points: ['the status says FinalizerJobFailed', ['an Event is written', 2]],
    async run(place) {
      await finalizes(place, { attempts: 1 });
      const { binding, job } = await failing(place);
      await retried(place, binding);
      const second = await jobOf(place, binding, job.metadata.uid);
      // What was counted before a crash is not counted again.
      const counts = ({ status }: Stored<Binding>): boolean =>
        status?.attempts === 1 && status.jobUID === second.metadata.uid;
      await bindingThat(place, binding, 'counts one failed attempt', counts);
      await endJob(place, second, 'Complete');
    },
  },
  'somebody deletes a failed finalizer Job': {
    points: ['the status says that there is no Job'],
    async run(place) {
      const { binding, job } = await failing(place);
      await place.kubectl('delete', 'job', binding);
      await retried(place, binding);
      await drains(place, binding, job.metadata.uid);
    },
  },
  'somebody takes the name of the finalizer Job': {
    points: ['the status says DrainStalled'],
    async run(place) {
      const { pod, binding } = await runningPod(place);
      await place.kubectl('create', 'job', binding, '--image=busybox');
      await ends(place, pod);
      await bindingWith(place, binding, 'DrainStalled');
      await place.kubectl('delete', 'job', binding);
      // Jobs that are not ours are not watched.
      await retried(place, binding);
      await drains(place, binding);
    },
  },
  'somebody takes a Pod off its finalizer Job': {
    points: ['a Pod is deleted'],
    async run(place) {
      const { binding, job } = await draining(place);
      const own = `-l=${labels.finalizerJobOf}=${binding}`;
      const names = (): Promise<string> => place.kubectl('get', 'pod', own, '-o=name');
      const name = (await soon('the Pod of the Job', async () => (await names()) || false)).trim();
      // Without the Job's own label, or the Job would take it back.
      const strange = { [jobLabel]: null };
      const free = { metadata: { ownerReferences: null, finalizers: null, labels: strange } };
      await place.kubectl('patch', name, '--type=merge', '-p', JSON.stringify(free));
      await soon('another Pod', async () => (await names()).trim().includes('\n'));
      await endJob(place, job, 'Complete');
    },
  },
  'a FluentPVC goes after its last binding': {
    points: ['the FluentPVC says for whom it waits', 'the FluentPVC loses our finalizer'],
    async run(place) {
      const name = place.namespace;
      const { pod, binding } = await runningPod(place);
      await place.kubectl('delete', 'fpvc', name, '--wait=false');
      await soon('what it waits for', async () =>
        (await place.kubectl('get', 'fpvc', name, '-o=yaml')).includes('WaitingForBindings'),
      );
      await ends(place, pod);
      await drains(place, binding);
      // The claim is one that it waits for, and Kubernetes keeps that while a Pod names it.
      await forceDeleted(place, pod);
      await soon(
        'the FluentPVC to go',
        async () => (await place.client.get({ kind: 'FluentPVC', name })) === undefined,
      );
    },
  },
  'the Pod of a ReplicaSet is denied': {
    points: ['an Event is written'],
    async run(place) {
      const app = { app: 'denied' };
      await place.kubectl.feed('create', {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'denied' },
        spec: {
          selector: { matchLabels: app },
          template: {
            metadata: { labels: { ...app, [labels.fluentPVC]: 'missing' } },
            spec: { containers: [container('app')] },
          },
        },
      });
      await soon('the Event', async () =>
        (await place.kubectl('get', 'events.events.k8s.io')).includes('InjectionDenied'),
      );
    },
  },
} as const satisfies Record<string, Flow>;
