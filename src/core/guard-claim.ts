import { annotations, DRAINED, finalizers, labels } from '../api/names.ts';
import { resources } from '../api/resources.ts';
import { anyOf, hasFinalizer, label, literal, text } from './cel.ts';
import type { Guard } from './guard.ts';
import { annotationMark, carried, carriesAny, changed, finalizerMark, labelMark } from './mark.ts';

const MARKS = [
  finalizerMark(finalizers.claim),
  labelMark(labels.fluentPVC),
  labelMark(labels.binding),
  labelMark(labels.state),
  annotationMark(annotations.admissionId),
];

/** What makes a claim one of ours; the FluentPVC's label alone does not, a StatefulSet may copy that. */
const MAKES_OURS = [
  finalizerMark(finalizers.claim),
  labelMark(labels.binding),
  annotationMark(annotations.admissionId),
];

const name = 'oldObject.metadata.name';
const newName = 'object.metadata.?name.orValue("")';
const binding = 'variables.binding';

/**
 * Claims hold what was not shipped yet. What marks them as ours stays as it is; all else is free, for
 * people (resize) as for Kubernetes (volume binding, its own protection finalizer, the selected node).
 */
export const claimGuard: Guard = {
  name: 'claims',
  resource: resources.PersistentVolumeClaim,
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  // In a creation there is no old object, in a deletion no new one.
  concerns: anyOf(
    `oldObject != null && (${carriesAny('oldObject', MARKS)})`,
    `object != null && (${carriesAny('object', MARKS)})`,
  ),
  binds: 'others',
  narrowable: true,
  strength: 'always',
  variables: {
    made: carried('object', MAKES_OURS),
    changed: changed(MARKS),
    // The binding, which knows, cannot be looked at from here. The operator itself deletes what is
    // drained, and marks what it keeps (`onSuccess: Retain`).
    isDrained: anyOf(
      `!${hasFinalizer('oldObject', finalizers.claim)}`,
      `${label('oldObject', labels.state)}.orValue("") == ${literal(DRAINED)}`,
    ),
    binding: `${label('oldObject', labels.binding)}.orValue(${name})`,
  },
  rules: [
    {
      // One that looks like ours gets a binding, and with it any finalizer Job, in any namespace.
      holds: 'request.operation != "CREATE" || variables.made == []',
      message: text`PVC "${newName}": only the operator makes PVCs with ${'variables.made.join(", ")'}; a copy of one is made without them`,
      reason: 'Forbidden',
    },
    {
      holds: 'request.operation != "UPDATE" || variables.changed == []',
      message: text`PVC "${name}": only the operator changes ${'variables.changed.join(", ")'}; everything else of it is free`,
      reason: 'Forbidden',
    },
    {
      holds: anyOf('request.operation != "DELETE"', 'variables.isDrained'),
      message: text`PVC "${name}" is not drained yet. It goes by itself when it is; kubectl describe fpvcb ${binding} says what it waits for. To give the data up, kubectl annotate fpvcb ${binding} ${literal(annotations.release)}=${'oldObject.metadata.uid'}`,
      reason: 'Forbidden',
    },
  ],
};
