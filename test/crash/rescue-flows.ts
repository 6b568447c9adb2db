import { annotations } from '../../src/api/names.ts';
import { deleteNamespace, eventsOn, goneNamespace } from '../api/namespaces.ts';
import type { Flow } from './flow.ts';
import { bindingWith, PATIENCE_MS, rescued, runningPod, soon, type Place } from './place.ts';
import { refuse, refusing, refusingNothing } from './refusal.ts';
import { boundVolume, drains, finalizes, forceDeleted, silentNode, undrained } from './steps.ts';

/** Somebody deletes the namespace, and it goes, whatever becomes of the operator. */
async function namespaceGoes(place: Place): Promise<void> {
  await deleteNamespace(place);
  await goneNamespace(place, PATIENCE_MS);
}

/** What is on the volume is drained where it was brought to. */
async function drainsElsewhere(place: Place, binding: string): Promise<void> {
  const elsewhere = rescued(place);
  await bindingWith(elsewhere, binding, 'Rescued');
  await drains(elsewhere, binding);
}

/** An Event on the Namespace, which outlives it. */
async function isTold(place: Place, reason: string): Promise<void> {
  await soon(`Event ${reason}`, async () =>
    (await eventsOn(place, 'Namespace', place.namespace)).some((one) => one.startsWith(reason)),
  );
}

/** What becomes of claims whose namespace is deleted. */
export const RESCUE_FLOWS = {
  'a namespace is deleted before a claim in it is drained': {
    points: [
      'the volume is kept',
      'the binding that goes on elsewhere is stored',
      'the status says that it goes on elsewhere',
      'an Event on the Namespace is written',
      'the claim loses our finalizer',
      'the binding loses our finalizer',
      'the volume changes over',
      'the claim that takes a volume over is stored',
      'the binding that goes on elsewhere learns its claim',
      'the status says that the volume is rescued',
      'the volume is given back',
    ],
    async run(place) {
      const { binding } = await undrained(place);
      await namespaceGoes(place);
      await drainsElsewhere(place, binding);
    },
  },
  'a namespace is deleted that may have a writer': {
    points: ['the binding that goes on elsewhere is stored'],
    async run(place) {
      const nodeName = `dead-${place.namespace}`;
      await silentNode(place, nodeName);
      const { pod, binding } = await runningPod(place, { nodeName });
      await boundVolume(place, binding);
      await deleteNamespace(place);
      await forceDeleted(place, pod);
      await goneNamespace(place, PATIENCE_MS);
      const elsewhere = rescued(place);
      await bindingWith(elsewhere, binding, 'WriterMayBeAlive');
      const stopped = `${annotations.assumeStopped}=${pod.metadata.uid}`;
      await elsewhere.kubectl('annotate', 'fpvcb', binding, stopped);
      await drainsElsewhere(place, binding);
      await place.kubectl('delete', 'node', nodeName);
    },
  },
  'a namespace is deleted, and no binding is taken elsewhere': {
    points: ['the status says DrainStalled', 'an Event on the Namespace is written'],
    async run(place) {
      const { binding } = await undrained(place);
      const elsewhere = rescued(place);
      await refuse(place, 'fluentpvcbindings');
      await refusing(elsewhere, 'fluentpvcbindings');
      const isStalled = async (): Promise<void> => {
        try {
          await bindingWith(place, binding, 'DrainStalled');
        } finally {
          await refusingNothing(elsewhere);
        }
      };
      await Promise.all([namespaceGoes(place), isStalled()]);
      await drainsElsewhere(place, binding);
    },
  },
  'a namespace is deleted with a claim that has lost its binding': {
    points: ['the binding that goes on elsewhere is stored', 'the claim loses our finalizer'],
    async run(place) {
      const { binding } = await undrained(place);
      // Or it would have it back at once.
      await refuse(place, 'fluentpvcbindings');
      await refusing(place, 'fluentpvcbindings');
      const free = '{"metadata":{"finalizers":null}}';
      await place.kubectl('delete', 'fpvcb', binding, '--wait=false');
      await place.kubectl('patch', 'fpvcb', binding, '--type=merge', '-p', free);
      await namespaceGoes(place);
      await drainsElsewhere(place, binding);
    },
  },
  'a namespace is deleted whose data is given up': {
    points: [
      'an Event on the Namespace is written',
      'the claim loses our finalizer',
      'the binding loses our finalizer',
    ],
    async run(place) {
      await finalizes(place, { onNamespaceDeletion: 'Release' });
      await undrained(place);
      await namespaceGoes(place);
      await isTold(place, 'DataGivenUp');
    },
  },
  'a namespace is deleted, and somebody deletes the volume, too': {
    points: ['an Event on the Namespace is written', 'the claim loses our finalizer'],
    async run(place) {
      const { volume } = await undrained(place);
      await place.kubectl('delete', 'pv', volume, '--wait=false');
      await namespaceGoes(place);
      await isTold(place, 'VolumeLeft');
    },
  },
} as const satisfies Record<string, Flow>;
