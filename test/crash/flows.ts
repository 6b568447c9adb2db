import { annotations, labels } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { endJob } from '../api/cycle.ts';
import { container } from '../support/manifests.ts';
import { CLAIM_FLOWS } from './claim-flows.ts';
import type { Flow } from './flow.ts';
import { bindingThat, bindingWith, runningPod, soon } from './place.ts';
import { draining, drains, ends, failing, forceDeleted, retried, sidecarFails } from './steps.ts';

/** By what a Job knows its Pods. */
const jobLabel = 'batch.kubernetes.io/controller-uid';

/** By what happens in them. Those that take minutes are in cuts.ts and absence.test.ts. */
export const FLOWS = {
  ...CLAIM_FLOWS,
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
  'a sidecar fails': {
    points: ['the Pod is evicted', ['an Event is written', 2]],
    async run(place) {
      await sidecarFails(place, await runningPod(place));
    },
  },
  'a disruption budget keeps a Pod whose sidecar failed': {
    points: [['an Event is written', 2], 'a Pod is deleted'],
    async run(place) {
      const { kubectl } = place;
      await kubectl('create', 'pdb', 'all', `--selector=${labels.fluentPVC}`, '--min-available=1');
      const generation = '-o=jsonpath={.status.observedGeneration}';
      await soon(
        'the budget',
        async () => (await kubectl('get', 'pdb', 'all', generation)) === '1',
      );
      await sidecarFails(place, await runningPod(place));
    },
  },
  'a Pod vanishes from a node that is silent': {
    points: ['the status says that the writer may be alive', 'the status says OutOfUse'],
    async run(place) {
      const nodeName = `silent-${place.namespace}`;
      const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } };
      await place.kubectl.feed('create', node);
      const { pod, binding } = await runningPod(place, { nodeName });
      await forceDeleted(place, pod);
      await bindingWith(place, binding, 'WriterMayBeAlive');
      const stopped = `${annotations.assumeStopped}=${pod.metadata.uid}`;
      await place.kubectl('annotate', 'fpvcb', binding, stopped);
      await drains(place, binding);
      await place.kubectl('delete', 'node', nodeName);
    },
  },
  'a Pod is deleted with a long grace period': {
    points: ['the status keeps the grace period of a deletion'],
    async run(place) {
      const { pod, binding } = await runningPod(place);
      const { name } = pod.metadata;
      await place.kubectl('delete', 'pod', name, '--grace-period=600', '--wait=false');
      const isKept = (seconds?: number): boolean => seconds === 600;
      await bindingThat(place, binding, 'keeps it', ({ status: now }) =>
        isKept(now?.deletionGracePeriodSeconds),
      );
      await forceDeleted(place, pod);
      await drains(place, binding);
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
