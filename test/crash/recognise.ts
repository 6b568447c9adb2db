import { annotations } from '../../src/api/names.ts';
import { textAt, valueAt, type ApiWrite } from './api-write.ts';
import { RESCUE_NAMESPACE } from './ownership.ts';

/* What a write does, told from its request alone. */

export type Resource = ApiWrite['resource'];

/** An object is created, and no subresource. */
export const created =
  (resource: Resource) =>
  ({ verb, resource: of, subresource }: ApiWrite): boolean =>
    verb === 'create' && of === resource && subresource === '';

/** An object is deleted, with or before what it owns. */
export const deleted =
  (resource: Resource, propagation: string) =>
  ({ verb, resource: of, body }: ApiWrite): boolean =>
    verb === 'delete' && of === resource && textAt(body, 'propagationPolicy') === propagation;

/** A JSON patch takes a finalizer off, and gives that state besides; none without. */
export const loses =
  (resource: Resource, state?: string) =>
  ({ verb, resource: of, body }: ApiWrite): boolean => {
    if (verb !== 'patch' || of !== resource || !Array.isArray(body)) return false;
    const added = body.find((operation) => textAt(operation, 'op') === 'add') as unknown;
    return valueAt(added, 'value') === state;
  };

/** Where the phase stays as it is, the first of these that holds is taken for what the write says. */
const SAID = [
  'DataGivenUp',
  'DrainStalled',
  'WriterMayBeAlive',
  'Unknown',
  'Rescued',
  'FinalizerJobApplied',
  'Ready',
];

/** What the write adds to the status of a binding, in a word; `undefined` for other writes. */
function statusSays({ resource, subresource, body }: ApiWrite): string | undefined {
  if (resource !== 'fluentpvcbindings' || subresource !== 'status') return undefined;
  const said = valueAt(body, 'status');
  const conditions = valueAt(said, 'conditions');
  const all: unknown[] = Array.isArray(conditions) ? conditions : [];
  // The original notes no generation: what has one we have said.
  const ours = all.filter((one) => valueAt(one, 'observedGeneration') !== undefined);
  const isDoubt = ours.every((one) => textAt(one, 'reason') === 'TakenOver');
  if (ours.length > 0 && isDoubt) return 'TakenOver';
  const phase = textAt(said, 'phase');
  if (phase !== '') return phase;
  if (valueAt(said, 'deletionGracePeriodSeconds') !== undefined) return 'GracePeriod';
  const is = (type: string, word: string): boolean =>
    all.some((one) => textAt(one, 'type') === type && textAt(one, 'status') === word);
  if (all.some((one) => textAt(one, 'reason') === 'GoesOnElsewhere')) return 'GoesOnElsewhere';
  if (is('Rescued', 'False')) return 'VolumeMoving';
  return SAID.find((type) => is(type, 'True')) ?? 'NoJob';
}

/** A write of a binding's status that says so. */
export const status =
  (word: string) =>
  (write: ApiWrite): boolean =>
    statusSays(write) === word;

/** Any write of a Lease. */
export const lease = ({ resource }: ApiWrite): boolean => resource === 'leases';
/** Who is to hold the Lease then. */
export const holder = ({ body }: ApiWrite): string => textAt(body, 'spec', 'holderIdentity');
/** Is it the first write of who holds the Lease from then on? */
export const isFirst = ({ verb, body }: ApiWrite): boolean =>
  verb === 'create' || textAt(body, 'spec', 'acquireTime') === textAt(body, 'spec', 'renewTime');

/** A merge patch of an object, and no subresource. */
export const merged =
  (resource: Resource) =>
  ({ verb, resource: of, subresource, body }: ApiWrite): boolean =>
    verb === 'patch' && of === resource && subresource === '' && !Array.isArray(body);

/** Does the write make the object one that was the original operator's? */
export const takesOver = ({ body }: ApiWrite): boolean =>
  valueAt(body, 'metadata', 'annotations', annotations.takenOver) !== undefined;

/** What of the spec of a binding is learned. */
export const learns = (write: ApiWrite): 'rescue' | 'new claim' | 'Pod and claim' | undefined => {
  if (!merged('fluentpvcbindings')(write) || takesOver(write)) return undefined;
  const { namespace, body } = write;
  if (valueAt(body, 'spec', 'rescue') !== undefined) return 'rescue';
  const isElsewhere = namespace === RESCUE_NAMESPACE;
  const hasPod = valueAt(body, 'spec', 'pod') !== undefined;
  return isElsewhere && !hasPod ? 'new claim' : 'Pod and claim';
};

/** What a patch of a PersistentVolume puts there. */
export const volumeGets = ({ verb, resource, body }: ApiWrite, ...path: string[]): unknown =>
  verb === 'patch' && resource === 'persistentvolumes' ? valueAt(body, ...path) : undefined;
