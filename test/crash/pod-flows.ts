import { annotations } from '../../src/api/names.ts';
import { exited, RUNNING, say, status } from '../api/cycle.ts';
import { eventsOn } from '../api/namespaces.ts';
import type { Flow } from './flow.ts';
import { bindingThat, bindingWith, runningPod, soon } from './place.ts';
import { drains, ends, forceDeleted, kept, sidecarFails, silentNode } from './steps.ts';

/** What becomes of Pods while they use their claim. */
export const POD_FLOWS = {
  'a sidecar fails': {
    points: ['the Pod is evicted', ['an Event is written', 2]],
    async run(place) {
      await sidecarFails(place, await runningPod(place));
    },
  },
  'a disruption budget keeps a Pod whose sidecar failed': {
    points: [['an Event is written', 2], 'a Pod is deleted'],
    async run(place) {
      await kept(place, 1);
      await sidecarFails(place, await runningPod(place));
    },
  },
  'a Pod vanishes from a node that is silent': {
    points: ['the status says that the writer may be alive', 'the status says OutOfUse'],
    async run(place) {
      const nodeName = `silent-${place.namespace}`;
      await silentNode(place, nodeName);
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
  'the sidecars of a whole fleet fail': {
    points: ['an Event on the FluentPVC is written'],
    async run(place) {
      // Who starts anew counts those that are there: the budget keeps all of them.
      const count = 5;
      await kept(place, count);
      const names = Array.from({ length: count }, (_, index) => `app-${index}`);
      const fleet = await Promise.all(names.map((name) => runningPod(place, {}, name)));
      const conditions = [{ type: 'Ready', status: 'True' }];
      const failed = { ...status('Running', RUNNING, exited(1)), conditions };
      for (const { pod } of fleet) await say(place, pod, failed);
      await soon('the brake', async () =>
        (await eventsOn(place, 'FluentPVC', place.namespace)).some((one) =>
          one.startsWith('BrakeEngaged'),
        ),
      );
      for (const { pod } of fleet) await ends(place, pod);
      for (const { binding } of fleet) await drains(place, binding);
    },
  },
  'a Pod cannot end on a node that is dead': {
    points: ['the status says that the writer may be alive'],
    async run(place) {
      const nodeName = `dead-${place.namespace}`;
      await silentNode(place, nodeName);
      const { pod, binding } = await runningPod(place, { nodeName });
      const soonOver = ['--grace-period=1', '--wait=false'];
      await place.kubectl('delete', 'pod', pod.metadata.name, ...soonOver);
      await bindingWith(place, binding, 'WriterMayBeAlive');
      await forceDeleted(place, pod);
      const stopped = `${annotations.assumeStopped}=${pod.metadata.uid}`;
      await place.kubectl('annotate', 'fpvcb', binding, stopped);
      await drains(place, binding);
      await place.kubectl('delete', 'node', nodeName);
    },
  },
} as const satisfies Record<string, Flow>;
