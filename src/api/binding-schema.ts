import { MAX_SNAPSHOT_LENGTH } from './binding.ts';
import { finalizationSchema } from './finalization-schema.ts';
import { POD_DELETION_TRIGGERS, SIDECAR_MODES } from './fluentpvc.ts';
import { conditionsSchema, type Schema } from './schema.ts';

const SET_ONCE = 'is set once, by the operator';

/** Name and uid: neither changes once it is known. */
function identity(description: string): Schema {
  return {
    type: 'object',
    description,
    required: ['name', 'uid'],
    properties: {
      name: { type: 'string', maxLength: 253, description: 'Name; empty while it is not known.' },
      uid: { type: 'string', maxLength: 128, description: 'Uid; empty while it is not known.' },
    },
    'x-kubernetes-validations': [
      {
        rule: "oldSelf.name == '' || self.name == oldSelf.name",
        message: `name ${SET_ONCE}`,
      },
      {
        rule: "oldSelf.uid == '' || self.uid == oldSelf.uid",
        message: `uid ${SET_ONCE}`,
      },
    ],
  };
}

const spec: Schema = {
  type: 'object',
  description: 'Who belongs together, and how the claim will be drained. Written by the operator.',
  required: ['fluentPVC', 'pod', 'pvc'],
  properties: {
    fluentPVC: identity('The FluentPVC that the Pod asked for.'),
    pod: identity('The Pod, as first seen.'),
    pvc: identity('The claim that was made for the Pod.'),
    sidecar: {
      type: 'object',
      description: 'The sidecar that was injected.',
      required: ['name', 'mode', 'podDeletionTrigger'],
      properties: {
        name: { type: 'string', maxLength: 63, description: 'Name of the container.' },
        mode: { type: 'string', enum: SIDECAR_MODES, description: 'How it runs.' },
        podDeletionTrigger: {
          type: 'string',
          enum: [...POD_DELETION_TRIGGERS, 'Never'],
          description: 'What of it deletes the Pod.',
        },
      },
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: `sidecar ${SET_ONCE}` }],
    },
    terminationGracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'Of the Pod: how long its containers may take to end.',
    },
    finalization: {
      ...finalizationSchema('What becomes of the claim when the Pod is over.'),
      'x-kubernetes-validations': [
        { rule: 'self == oldSelf', message: `finalization ${SET_ONCE}` },
      ],
    },
    rescue: {
      type: 'object',
      description:
        'The volume is drained by another claim than the one that the Pod wrote to, because that ' +
        'one, or its namespace, was deleted.',
      required: ['namespace', 'pvc', 'volumeName', 'podOver'],
      properties: {
        namespace: {
          type: 'string',
          maxLength: 63,
          description: 'Namespace of the Pod and of the claim that it wrote to.',
        },
        pvc: identity('The claim that the Pod wrote to.'),
        volumeName: {
          type: 'string',
          maxLength: 253,
          description: 'Name of the PersistentVolume.',
        },
        podOver: {
          type: 'boolean',
          description: 'Whether the Pod was known to be over when the rescue began.',
        },
        nodeName: {
          type: 'string',
          maxLength: 253,
          description: 'The node that the Pod ran on, as far as that was known.',
        },
      },
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: `rescue ${SET_ONCE}` }],
    },
    snapshot: {
      type: 'string',
      maxLength: MAX_SNAPSHOT_LENGTH,
      description:
        'JSON: what the finalizer Job is made from, as it was when the Pod was created, so that ' +
        'later changes of the FluentPVC do not touch it. Look at it with ' +
        "kubectl get fpvcb NAME -o jsonpath='{.spec.snapshot}' | jq",
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: `snapshot ${SET_ONCE}` }],
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(oldSelf.snapshot) || has(self.snapshot)',
      message: `snapshot ${SET_ONCE}`,
    },
    {
      rule: '!has(oldSelf.sidecar) || has(self.sidecar)',
      message: `sidecar ${SET_ONCE}`,
    },
    {
      rule: '!has(oldSelf.finalization) || has(self.finalization)',
      message: `finalization ${SET_ONCE}`,
    },
    {
      rule: '!has(oldSelf.rescue) || has(self.rescue)',
      message: `rescue ${SET_ONCE}`,
    },
  ],
};

const status: Schema = {
  type: 'object',
  // With the default of phase: a binding is Pending before anybody has written its status.
  default: {},
  description: 'How far it is. Written by the operator.',
  properties: {
    phase: {
      type: 'string',
      default: 'Pending',
      description:
        'Pending, Ready (Pod and claim in use), OutOfUse (the Pod is over), FinalizerJobApplied, ' +
        'FinalizerJobSucceeded, FinalizerJobFailed (waits for its next attempt, or for people after ' +
        'the last one), Unknown (the claim is lost) or PodMissing (no Pod can have written to it).',
    },
    conditions: conditionsSchema,
    nodeName: { type: 'string', description: 'The node the Pod was first seen on.' },
    volumeName: {
      type: 'string',
      description: 'The PersistentVolume that the claim was bound to, as first seen.',
    },
    nodeRenewTime: {
      type: 'string',
      format: 'date-time',
      description: 'The Lease of that node when the Pod was missed while its containers ran.',
    },
    deletionGracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      description:
        'How long the containers may take to end, where the deletion of the Pod says longer than ' +
        'the Pod.',
    },
    attempts: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'How many finalizer Jobs failed.',
    },
    nextAttemptTime: {
      type: 'string',
      format: 'date-time',
      description: 'When the next finalizer Job is due, after one failed that was not the last.',
    },
    jobUID: { type: 'string', description: 'Uid of the finalizer Job the conditions speak of.' },
    observedRetry: {
      type: 'string',
      description: 'Value of the annotation retry that the last finalizer Job was made for.',
    },
  },
};

/** The whole object, as the CustomResourceDefinition has it. */
export const bindingSchema: Schema = {
  type: 'object',
  description: 'A FluentPVCBinding records which Pod got which claim, until the claim is drained.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', description: 'Version of this schema.' },
    kind: { type: 'string', description: 'FluentPVCBinding.' },
    metadata: { type: 'object' },
    spec,
    status,
  },
};
