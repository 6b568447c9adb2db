import { labels } from '../../src/api/names.ts';
import { valueAt } from './api-write.ts';
import { created, learns, status, volumeGets } from './recognise.ts';
import { told } from './recognise-events.ts';
import { STATUS, type WritePoint } from './start-writes.ts';

/** Where the operator brings a volume to another claim (docs/rescue.md). */
export const RESCUE_WRITES = {
  'the binding is told of a volume to rescue': {
    is: (write) => learns(write) === 'rescue',
    heals: 'The claim that is going, or gone, and its volume are found again.',
  },
  'the status says that a volume changes over': { is: status('VolumeMoving'), heals: STATUS },
  'the volume is kept': {
    is: (write) =>
      volumeGets(write, 'spec', 'persistentVolumeReclaimPolicy') === 'Retain' &&
      volumeGets(write, 'metadata', 'labels', labels.binding) !== null,
    heals: 'The binding names the volume, and the volume says in its label that it is kept.',
  },
  'the binding that goes on elsewhere is stored': {
    is: (write) =>
      created('fluentpvcbindings')(write) && valueAt(write.body, 'spec', 'rescue') !== undefined,
    heals: 'It has the name of the old one, and names the volume: it is there, or made.',
  },
  'the status says that it goes on elsewhere': {
    is: status('GoesOnElsewhere'),
    heals: 'Nothing of the old binding goes before that is said, and all of it afterwards.',
  },
  'an Event on the Namespace is written': {
    is: told('Namespace'),
    heals:
      'That data is given up or a volume is left, nothing else tells: it is told first, and twice rather than never. What goes on tells of itself, by its conditions.',
  },
  'the volume changes over': {
    is: (write) => volumeGets(write, 'spec', 'claimRef') !== undefined,
    heals: 'It names a claim of ours before and after, which says how far it is.',
  },
  'the claim that takes a volume over is stored': {
    is: (write) =>
      created('persistentvolumeclaims')(write) &&
      valueAt(write.body, 'spec', 'volumeName') !== undefined,
    heals: 'The volume names it, and waits for it alone: it is there, or made.',
  },
  'the binding that goes on elsewhere learns its claim': {
    is: (write) => learns(write) === 'new claim',
    heals: 'The claim is found by its name, its marks and its volume.',
  },
  'the status says that the volume is rescued': { is: status('Rescued'), heals: STATUS },
  'the volume is given back': {
    is: (write) => volumeGets(write, 'metadata', 'labels', labels.binding) === null,
    heals: 'Its label is still there, or gone: the binding does not end before.',
  },
} as const satisfies Record<string, WritePoint>;
