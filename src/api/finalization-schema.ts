import { ON_NAMESPACE_DELETION, ON_SUCCESS } from './fluentpvc.ts';
import type { Schema } from './schema.ts';

/** `finalization` of a FluentPVC, and as a binding keeps it. */
export function finalizationSchema(description: string): Schema {
  return {
    type: 'object',
    description,
    properties: {
      attempts: {
        type: 'integer',
        format: 'int32',
        minimum: 1,
        description:
          'How many finalizer Jobs may fail before the operator waits for people (annotation retry ' +
          'or release on the binding). The claim is kept. Without limit when absent: the operator ' +
          'tries again after 10 s, doubling to 30 min.',
      },
      onSuccess: {
        type: 'string',
        enum: ON_SUCCESS,
        description:
          'What becomes of a claim that is drained. Delete: it goes. Retain: it stays, without the ' +
          "operator's finalizer, labelled fluent-pvc-operator.tech.zozo.com/state: drained. Delete " +
          'when absent.',
      },
      onNamespaceDeletion: {
        type: 'string',
        enum: ON_NAMESPACE_DELETION,
        description:
          'What becomes of an undrained claim whose namespace is deleted. Rescue: its volume is ' +
          'drained in the rescue namespace of the operator. Release: its data is given up, which is ' +
          'said on the Namespace. Rescue when absent.',
      },
    },
  };
}
