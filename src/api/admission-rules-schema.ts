import { OVERRIDES } from './fluentpvc.ts';
import { GROUP } from './names.ts';
import { labelSelector, type Schema } from './schema.ts';

function names(description: string): Schema {
  return {
    type: 'array',
    description,
    maxItems: 64,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', maxLength: 63, description: 'Name of a container.' },
  };
}

function metadataMap(description: string): Schema {
  return {
    type: 'object',
    description,
    additionalProperties: { type: 'string', description: 'Value.' },
    maxProperties: 64,
    'x-kubernetes-validations': [
      {
        rule: `self.all(key, !key.startsWith("${GROUP}/"))`,
        message: `keys that begin with ${GROUP}/ are the operator's`,
      },
    ],
  };
}

/** Fields of `spec` that say whose Pods are admitted, what they may ask for, and what is put where. */
export const admissionRules: Record<string, Schema> = {
  pvcMetadata: {
    type: 'object',
    description:
      'Labels and annotations of the claim, for backups, cost reports and the like. Those of the ' +
      'operator cannot be set.',
    properties: {
      labels: metadataMap('Labels of the claim.'),
      annotations: metadataMap('Annotations of the claim.'),
    },
  },
  injection: {
    type: 'object',
    description: 'Which containers of the Pod get mounts and envs, and when the sidecar starts.',
    properties: {
      containers: names(
        'Names of the containers that get mounts and envs. All when absent, none when empty.',
      ),
      initContainers: names(
        'Names of the init containers that get mounts and envs. All when absent, none when empty.',
      ),
      after: names(
        'Names of native sidecars (init containers with restartPolicy Always) that start before ' +
          'ours, where the Pod has them. istio-proxy and linkerd-proxy when absent.',
      ),
    },
  },
  overrides: {
    type: 'array',
    description:
      'Which annotations fluent-pvc-operator.tech.zozo.com/NAME a Pod may carry to get something ' +
      'of its own: storage-size (a quantity), storage-class-name (a class that exists), ' +
      'sidecar-image (an image reference), sidecar-resources (JSON, kubectl explain ' +
      'pod.spec.containers.resources). They never apply to the finalizer Job. storage-size and ' +
      'sidecar-resources when absent. Others are denied.',
    maxItems: OVERRIDES.length,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', enum: OVERRIDES, description: 'Name of the annotation.' },
  },
  namespaceSelector: labelSelector(
    'Namespaces whose Pods may name this FluentPVC, by their labels. All when absent. Asked when a ' +
      'Pod is created; finalizer Jobs are made whatever has become of the labels since.',
  ),
};
