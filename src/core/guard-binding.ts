import { annotations, labels } from '../api/names.ts';
import { resources } from '../api/resources.ts';
import { annotation, anyOf, literal, metadataList, text } from './cel.ts';
import type { Guard } from './guard.ts';
import { annotationMark, changed } from './mark.ts';

/** They say that there is nothing on the claim, as `stageOf` of the controllers reads it. */
const DONE: readonly string[] = ['FinalizerJobSucceeded', 'PodMissing'];

/** The claim is lost, which people acknowledge by deleting the binding. It ends only if that is so. */
const LOST: readonly string[] = ['Unknown'];

/**
 * The garbage collector acknowledges nothing: the second name is its own where the controllers of
 * Kubernetes have no accounts of their own.
 */
const GARBAGE_COLLECTORS: readonly string[] = [
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:kube-controller-manager',
];

/** They come with a deletion of anybody's, and the garbage collector must be able to take them off. */
const OF_GARBAGE_COLLECTION: readonly string[] = ['foregroundDeletion', 'orphan'];

const FOR_PEOPLE = [annotations.retry, annotations.release, annotations.assumeStopped];

const name = 'object.metadata.?name.orValue("")';
const oldName = 'oldObject.metadata.name';

/**
 * Bindings are orders to a privileged program: the operator alone gives them. People may set the
 * annotations that are meant for them, and any that are not ours. Who may write the status is left to
 * RBAC: it is a resource of its own, and no common role has it.
 *
 * The garbage collector may delete no more than anybody else, and less where the claim is lost: a
 * FluentPVC that goes is no acknowledgement of that. With `--cascade=foreground` of a
 * FluentPVC it asks for the bindings, and one that is deleted in the foreground would take its running
 * finalizer Job with it. Our owner references do not block, so it asks once or twice, is refused, and
 * then is content with a FluentPVC that waits for its bindings by finalizer. (Where they block, as the
 * original's do, and with `--cascade=orphan`, it asks again with growing pauses until they are gone.)
 */
export const bindingGuard: Guard = {
  name: 'bindings',
  resource: resources.FluentPVCBinding,
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  binds: 'others',
  narrowable: false,
  strength: 'always',
  variables: {
    changed: changed([
      { called: 'spec', value: (of) => `${of}.?spec` },
      { called: 'labels', value: (of) => `${of}.metadata.?labels.orValue({})` },
      { called: 'ownerReferences', value: (of) => metadataList(of, 'ownerReferences') },
      {
        called: 'finalizers',
        value: (of) =>
          `${metadataList(of, 'finalizers')}.filter(f, !(f in ${literal(OF_GARBAGE_COLLECTION)}))`,
      },
      annotationMark(annotations.admissionId),
    ]),
    isDone: isTrueOneOf(DONE),
    isAcknowledged: `${isTrueOneOf(LOST)} && !(request.userInfo.username in ${literal(GARBAGE_COLLECTORS)})`,
    // Empty for a moment: it is learned after the binding was made.
    claimUid: 'oldObject.?spec.?pvc.?uid.orValue("")',
    isGivenUp:
      'variables.claimUid != "" && ' +
      `${annotation('oldObject', annotations.release)}.orValue("") == variables.claimUid`,
  },
  rules: [
    {
      holds: 'request.operation != "CREATE"',
      message: text`FluentPVCBinding "${name}": only the operator makes bindings; a Pod with the label ${literal(labels.fluentPVC)} gets one`,
      reason: 'Forbidden',
    },
    {
      holds: 'request.operation != "UPDATE" || variables.changed == []',
      message: text`FluentPVCBinding "${name}": only the operator changes ${'variables.changed.join(", ")'}; people set the annotations ${literal(FOR_PEOPLE.join(', '))}`,
      reason: 'Forbidden',
    },
    {
      holds: anyOf(
        'request.operation != "DELETE"',
        'variables.isDone',
        'variables.isAcknowledged',
        'variables.isGivenUp',
      ),
      message: text`FluentPVCBinding "${oldName}": its PVC is not drained yet. The binding goes by itself when it is; kubectl describe fpvcb ${oldName} says what it waits for. To give the data up, kubectl annotate fpvcb ${oldName} ${literal(annotations.release)}=${'(variables.claimUid == "" ? "UID-OF-THE-PVC" : variables.claimUid)'}`,
      reason: 'Forbidden',
    },
  ],
};

/** CEL: is one of these conditions true? */
function isTrueOneOf(types: readonly string[]): string {
  return (
    'oldObject.?status.?conditions.orValue([]).exists(c, ' +
    `c.?type.orValue("") in ${literal(types)} && c.?status.orValue("") == "True")`
  );
}
