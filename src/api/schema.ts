import { OPERATORS } from './label-selector.ts';

/**
 * JSON schema in the dialect that Kubernetes calls structural: the one source for the
 * CustomResourceDefinitions and for ajv.
 */
export interface Schema {
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  description?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  /** `null` is allowed, and means what absence means. */
  nullable?: true;
  additionalProperties?: Schema;
  items?: Schema;
  enum?: readonly string[];
  default?: boolean | string | object;
  format?: 'date-time' | 'int64' | 'int32';
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  maxProperties?: number;
  minItems?: number;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-list-type'?: 'map' | 'atomic' | 'set';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-validations'?: readonly Rule[];
}

/** A CEL rule; see the Kubernetes documentation, "Validation rules". */
export interface Rule {
  rule: string;
  message: string;
  fieldPath?: string;
  reason?: 'FieldValueInvalid' | 'FieldValueForbidden';
}

/** An object whose unknown fields are kept: a template of a type that Kubernetes owns. */
export function template(
  description: string,
  known: Pick<Schema, 'properties' | 'required' | 'x-kubernetes-validations'> = {},
): Schema {
  return { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true, ...known };
}

/** A list of objects that have a name, with their unknown fields kept. */
export function namedList(description: string, item: string): Schema {
  return {
    type: 'array',
    description,
    'x-kubernetes-list-type': 'atomic',
    items: template(item, {
      properties: { name: { type: 'string', minLength: 1, description: 'Name.' } },
      required: ['name'],
    }),
  };
}

/** A Container with the parts that injection works on; the rest is kept as it is. */
export function container(description: string): Schema {
  return template(description, {
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 63, description: 'Name. A DNS label.' },
      env: namedList('Environment variables.', 'EnvVar.'),
      volumeMounts: namedList('Mounts.', 'VolumeMount.'),
    },
    required: ['name'],
  });
}

/** `metav1.LabelSelector`. */
export function labelSelector(description: string): Schema {
  return {
    type: 'object',
    description,
    properties: {
      matchLabels: {
        type: 'object',
        description: 'Labels with these very values.',
        additionalProperties: { type: 'string', description: 'Value.' },
      },
      matchExpressions: {
        type: 'array',
        description: 'Requirements that must all hold.',
        'x-kubernetes-list-type': 'atomic',
        items: {
          type: 'object',
          description: 'A requirement.',
          required: ['key', 'operator'],
          properties: {
            key: { type: 'string', description: 'Name of the label.' },
            operator: { type: 'string', enum: OPERATORS, description: 'How values relate.' },
            values: {
              type: 'array',
              description: 'Values, for In and NotIn.',
              'x-kubernetes-list-type': 'atomic',
              items: { type: 'string', description: 'Value.' },
            },
          },
        },
      },
    },
  };
}

/** `metav1.Condition`, as controller-gen writes it. */
export const conditionsSchema: Schema = {
  type: 'array',
  description: 'What is known of the object, one entry a type.',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
    properties: {
      type: {
        type: 'string',
        maxLength: 316,
        description: 'Name of the condition in CamelCase.',
      },
      status: {
        type: 'string',
        enum: ['True', 'False', 'Unknown'],
        description: 'Whether it holds.',
      },
      reason: {
        type: 'string',
        minLength: 1,
        maxLength: 1024,
        description: 'Why, as a word in CamelCase for programs.',
      },
      message: {
        type: 'string',
        maxLength: 32768,
        description: 'Why, for people: what happened, to which object, whose turn it is.',
      },
      lastTransitionTime: {
        type: 'string',
        format: 'date-time',
        description: 'When the status changed last.',
      },
      observedGeneration: {
        type: 'integer',
        format: 'int64',
        minimum: 0,
        description: 'The metadata.generation that this was said of.',
      },
    },
  },
};
