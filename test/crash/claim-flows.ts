import { annotations } from '../../src/api/names.ts';
import type { Flow } from './flow.ts';
import { bindingWith, runningPod } from './place.ts';
import {
  boundVolume,
  draining,
  drains,
  ended,
  ends,
  finalizes,
  forceDeleted,
  undrained,
} from './steps.ts';

/** What people do to a claim that was not drained, or to its data. */
export const CLAIM_FLOWS = {
  'somebody wants drained claims to be kept': {
    points: ['the claim is kept, and loses our finalizer', 'the binding loses our finalizer'],
    async run(place) {
      await finalizes(place, { onSuccess: 'Retain' });
      const { binding } = await draining(place);
      await drains(place, binding);
      await ended(place);
      await place.kubectl('delete', 'pvc', binding, '--wait=false');
    },
  },
  'somebody gives the data up': {
    points: ['the status says that the data was given up', ['an Event is written', 2]],
    async run(place) {
      const { binding } = await draining(place);
      const { spec } = await bindingWith(place, binding, 'FinalizerJobApplied');
      await place.kubectl('annotate', 'fpvcb', binding, `${annotations.release}=${spec.pvc.uid}`);
    },
  },
  'somebody takes claim and volume away': {
    points: ['the status says Unknown', 'the binding loses our finalizer'],
    async run(place) {
      const { binding } = await draining(place);
      // With its volume: one that is there would be rescued.
      const volume = await boundVolume(place, binding);
      const free = '{"metadata":{"finalizers":null}}';
      for (const object of [`pv/${volume}`, `pvc/${binding}`]) {
        await place.kubectl('delete', object, '--wait=false');
        await place.kubectl('patch', object, '--type=merge', '-p', free);
      }
      await bindingWith(place, binding, 'Unknown');
      await place.kubectl('delete', 'fpvcb', binding, '--wait=false');
    },
  },
  'somebody deletes a claim that was not drained': {
    points: [
      'the binding is told of a volume to rescue',
      ['an Event is written', 2],
      'the status says that a volume changes over',
      'the volume is kept',
      'the claim loses our finalizer',
      'the volume changes over',
      'the claim that takes a volume over is stored',
      'the status says that the volume is rescued',
      'the volume is given back',
    ],
    async run(place) {
      const { pod, binding } = await runningPod(place);
      await boundVolume(place, binding);
      await place.kubectl('delete', 'pvc', binding, '--wait=false');
      await ends(place, pod);
      await bindingWith(place, binding, 'OutOfUse');
      // Kubernetes keeps a claim that a Pod names.
      await forceDeleted(place, pod);
      await bindingWith(place, binding, 'Rescued');
      await drains(place, binding);
    },
  },
  'somebody forces a claim out, and its volume stays': {
    points: [
      'the binding is told of a volume to rescue',
      'the volume is kept',
      'the volume changes over',
      'the claim that takes a volume over is stored',
      'the volume is given back',
    ],
    async run(place) {
      const { pod, binding, volume } = await undrained(place);
      const retain = '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}';
      await place.kubectl('patch', 'pv', volume, '-p', retain);
      await forceDeleted(place, pod);
      // In this order: a claim that is being deleted the operator lets go itself.
      const free = '{"metadata":{"finalizers":null}}';
      await place.kubectl('patch', 'pvc', binding, '--type=merge', '-p', free);
      await place.kubectl('delete', 'pvc', binding, '--wait=false');
      await bindingWith(place, binding, 'Rescued');
      await drains(place, binding);
      await ended(place);
      // Whoever wanted it kept has it kept.
      await place.kubectl('delete', 'pv', volume, '--wait=false');
    },
  },
} as const satisfies Record<string, Flow>;
