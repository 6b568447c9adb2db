import { DRAINED, UNUSED } from '../../src/api/names.ts';
import { valueAt, type ApiWrite } from './api-write.ts';
import { created, deleted, learns, loses, merged, status } from './recognise.ts';
import { told } from './recognise-events.ts';
import { RESCUE_WRITES } from './rescue-writes.ts';
import { START_WRITES, STATUS, type WritePoint } from './start-writes.ts';
import { TAKE_OVER_WRITES } from './take-over-writes.ts';

/**
 * All places where the operator writes, by what it does there. Every write that the tests see is one
 * of them, and each of them is one where tests kill it: docs/crash-safety.md shows this table.
 */
export const WRITE_POINTS = {
  ...START_WRITES,
  ...TAKE_OVER_WRITES,
  'the FluentPVC gets our finalizer': {
    is: (write) => merged('fluentpvcs')(write) && valueAt(write.body, 'spec') === undefined,
    heals: 'The finalizer itself is looked at, at every start and at every change.',
  },
  'the FluentPVC says for whom it waits': {
    is: ({ resource, subresource }) => resource === 'fluentpvcs' && subresource === 'status',
    heals: STATUS,
  },
  'the FluentPVC loses our finalizer': {
    is: loses('fluentpvcs'),
    heals: 'A FluentPVC that is being deleted is looked at again at every start.',
  },
  'the claim is stored': {
    is: (write) =>
      created('persistentvolumeclaims')(write) &&
      valueAt(write.body, 'spec', 'volumeName') === undefined,
    heals:
      'The Pod was not created, and its owner asks again. A claim alone gets a binding, a binding alone ends: no Pod ever named either.',
  },
  'the binding is stored': {
    is: (write) =>
      created('fluentpvcbindings')(write) && valueAt(write.body, 'spec', 'rescue') === undefined,
    heals:
      'As for the claim. A binding that is made anew has the same name: it is stored once, or made again.',
  },
  'the claim is marked as never used': {
    is: loses('persistentvolumeclaims', UNUSED),
    heals:
      'Before: a claim without a binding, which gets one. After: the mark, in the same patch that takes our finalizer off, says that it is to be deleted.',
  },
  'the binding learns Pod and claim': {
    is: (write) => learns(write) === 'Pod and claim',
    heals:
      'The Pod is found by label and claim; where it is gone before, it is unseen, and drained.',
  },
  'an Event is written': {
    is: told('anything else'),
    heals: 'Nothing, and nothing depends on it; what lasts is told by a condition, too, or again.',
  },
  'an Event on the FluentPVC is written': {
    is: told('FluentPVC'),
    heals:
      'The brake is made anew from the Pods that there are: where it is on, that is told again.',
  },
  'the status says Ready': { is: status('Ready'), heals: STATUS },
  'the status keeps the grace period of a deletion': { is: status('GracePeriod'), heals: STATUS },
  'the status says that the writer may be alive': {
    is: status('WriterMayBeAlive'),
    heals:
      'The wait starts when it is first said, so it starts again. Once said it goes on: what the leader has seen of the node stands in its Lease.',
  },
  'the status says OutOfUse': {
    is: status('OutOfUse'),
    heals: 'The end of the Pod is read again; where it is gone meanwhile, by the rules for that.',
  },
  'the status says PodMissing': {
    is: status('PodMissing'),
    heals:
      'That there was no Pod a watch has proved, which the restart breaks: without proof the claim is drained. One without a volume is found again.',
  },
  'the Pod is evicted': {
    is: ({ resource, subresource }) => resource === 'pods' && subresource === 'eviction',
    heals:
      'The sidecar of the Pod is looked at again; an eviction names the uid, so it hits no other Pod.',
  },
  'a Pod is deleted': {
    is: deleted('pods', 'Background'),
    heals: 'It is still there, and found as before, or gone: the delete names the uid.',
  },
  'the finalizer Job is created': {
    is: created('jobs'),
    heals: 'It has the name of the binding: there is one, or it is made.',
  },
  'the status says FinalizerJobApplied': { is: status('FinalizerJobApplied'), heals: STATUS },
  'the status says DrainStalled': { is: status('DrainStalled'), heals: STATUS },
  'the status says that there is no Job': { is: status('NoJob'), heals: STATUS },
  'the status says FinalizerJobFailed': {
    is: status('FinalizerJobFailed'),
    heals: 'The failed Job stays until its failure is recorded for its uid.',
  },
  'the failed finalizer Job is deleted': {
    is: deleted('jobs', 'Foreground'),
    heals: 'It is there and due, or gone, and the next one is made.',
  },
  'the status says FinalizerJobSucceeded': {
    is: status('FinalizerJobSucceeded'),
    heals: 'The Job stays until its success is recorded.',
  },
  'the status says that the data was given up': { is: status('DataGivenUp'), heals: STATUS },
  'the status says Unknown': { is: status('Unknown'), heals: STATUS },
  ...RESCUE_WRITES,
  'the finalizer Job is deleted': {
    is: deleted('jobs', 'Background'),
    heals: 'What is recorded says that the claim may go: what is left of the release is done.',
  },
  'the claim is deleted': {
    is: deleted('persistentvolumeclaims', 'Background'),
    heals: 'Our finalizer keeps it; a claim that is being deleted loses it as if nothing had been.',
  },
  'the claim loses our finalizer': {
    is: loses('persistentvolumeclaims'),
    heals: 'The binding is still there, and ends once the claim has lost it or is gone.',
  },
  'the claim is kept, and loses our finalizer': {
    is: loses('persistentvolumeclaims', DRAINED),
    heals:
      'The label, in the same patch, says that it is drained; then the binding has only to end.',
  },
  'the binding is deleted': {
    is: deleted('fluentpvcbindings', 'Background'),
    heals: 'Our finalizer keeps it, with all that it knows.',
  },
  'the binding loses our finalizer': {
    is: loses('fluentpvcbindings'),
    heals: 'It is the last write: a binding that is being deleted and has nothing left to do ends.',
  },
} as const satisfies Record<string, WritePoint>;

export type WritePointName = keyof typeof WRITE_POINTS;

export const WRITE_POINT_NAMES = Object.keys(WRITE_POINTS) as WritePointName[];

/**
 * Where the operator is when it writes that.
 *
 * @throws Error for a write that is at no point of the table, or at several
 */
export function pointOf(write: ApiWrite): WritePointName {
  const found = WRITE_POINT_NAMES.filter((name) => WRITE_POINTS[name].is(write));
  const [name] = found;
  if (name !== undefined && found.length === 1) return name;
  const what = found.length === 0 ? 'no write point' : found.join(' and ');
  throw new Error(`${what}: test/crash/write-points.ts must know ${JSON.stringify(write)}`);
}
