import { annotations, labels } from '../api/names.ts';
import { resources } from '../api/resources.ts';
import { anyOf, literal, text } from './cel.ts';
import type { Guard } from './guard.ts';
import { annotationMark, carriesAny, changed, labelMark, missing } from './mark.ts';

/** What the webhook leaves on a Pod that it injects: all of them or none. */
const INJECTED = [
  labelMark(labels.fluentPVC),
  labelMark(labels.binding),
  annotationMark(annotations.injected),
];
const MARKS = [...INJECTED, labelMark(labels.finalizerJobOf)];

/**
 * Which claim a Pod writes to is told by what marks it: that stays as it was when the Pod was created.
 * Kubelets report by pods/status and schedulers bind by pods/binding; neither is looked at.
 */
export const podMarkGuard: Guard = {
  name: 'pod-marks',
  resource: resources.Pod,
  operations: ['UPDATE'],
  concerns: anyOf(carriesAny('oldObject', MARKS), carriesAny('object', MARKS)),
  binds: 'others',
  narrowable: true,
  strength: 'always',
  variables: { changed: changed(MARKS) },
  rules: [
    {
      holds: 'variables.changed == []',
      message: text`Pod "${'object.metadata.name'}": ${'variables.changed.join(", ")'} cannot be added, changed or removed once a Pod exists; delete it and create another one`,
      reason: 'Forbidden',
    },
  ],
};

const name = 'object.metadata.?name.orValue("")';
const WHY = literal(
  `the webhook did not see this Pod, another one undid its work, or it is a copy; by hand set the label ` +
    `${labels.fluentPVC} and nothing else of the operator's`,
);

/**
 * A Pod as it will be stored, after all webhooks: what carries a mark of the injection is injected. Else
 * it would write to a claim that nobody watches it write to, or run without the sidecar it counts on.
 * The operator makes no Pods: one that comes from its account is a person's with the same kubeconfig.
 */
export const podGuard: Guard = {
  name: 'pods',
  resource: resources.Pod,
  operations: ['CREATE'],
  concerns: carriesAny('object', INJECTED),
  binds: 'everybody',
  narrowable: true,
  strength: 'webhook',
  variables: {
    missing: missing('object', INJECTED),
    claim: `${labelMark(labels.binding).value('object')}.orValue("")`,
    record: `${annotationMark(annotations.injected).value('object')}.orValue("")`,
    containers: 'object.spec.?initContainers.orValue([]) + object.spec.?containers.orValue([])',
  },
  rules: [
    {
      holds: 'variables.missing == []',
      message: text`Pod "${name}" lacks ${'variables.missing.join(", ")'}: ${WHY}`,
      reason: 'Invalid',
    },
    {
      holds:
        'object.spec.?volumes.orValue([]).exists(v, ' +
        'v.?persistentVolumeClaim.?claimName == optional.of(variables.claim))',
      message: text`Pod "${name}" lacks a volume with PVC "${'variables.claim'}", which its label ${literal(labels.binding)} names: ${WHY}`,
      reason: 'Invalid',
    },
    {
      // The record is JSON, which CEL cannot read; a container's name needs no escaping in it.
      holds: `variables.containers.exists(c, variables.record.contains(${text`"sidecar":"${'c.name'}"`}))`,
      message: text`Pod "${name}" lacks the sidecar that its annotation ${literal(annotations.injected)} names: ${WHY}`,
      reason: 'Invalid',
    },
  ],
};
