import { annotations } from '../../src/api/names.ts';
import type { Flow } from './flow.ts';
import { bindingWith, runningPod, soon, type Place } from './place.ts';
import { draining, drains, ends, forceDeleted } from './steps.ts';

/** Name of the volume of a claim, once it has one. */
async function boundVolume({ kubectl }: Place, claim: string): Promise<string> {
  return soon('a volume', async () => {
    const bound = await kubectl(
      'get',
      'pvc',
      claim,
      '-o=jsonpath={.status.phase} {.spec.volumeName}',
    );
    return bound.startsWith('Bound ') && bound.slice('Bound '.length);
  });
}

/** What people do to a claim that was not drained, or to its data. */
export const CLAIM_FLOWS = {
  'somebody wants drained claims to be kept': {
    points: ['the claim is kept, and loses our finalizer', 'the binding loses our finalizer'],
    async run(place) {
      const retain = '{"spec":{"finalization":{"onSuccess":"Retain"}}}';
      await soon('the FluentPVC to take it', () =>
        place.kubectl('patch', 'fpvc', place.namespace, '--type=merge', '-p', retain),
      );
      const { binding } = await draining(place);
      await drains(place, binding);
      await soon(
        'the binding to end',
        async () => (await place.kubectl('get', 'fpvcb', '-o=name')) === '',
      );
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
      ['the claim is stored', 2],
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
} as const satisfies Record<string, Flow>;
