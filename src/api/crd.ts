import { bindingSchema } from './binding-schema.ts';
import { fluentPVCSchema } from './fluentpvc-schema.ts';
import { GROUP } from './names.ts';
import type { KubeObject } from './object.ts';
import type { Schema } from './schema.ts';

/** A CustomResourceDefinition; see `kubectl explain crd`. */
export interface CRD extends KubeObject {
  spec: object;
}

interface Names {
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  scope: 'Cluster' | 'Namespaced';
}

interface Column {
  name: string;
  type: string;
  jsonPath: string;
  priority?: number;
}

const AGE: Column = { name: 'AGE', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function crd(names: Names, schema: Schema, columns: readonly Column[]): CRD {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: names.kind,
        listKind: `${names.kind}List`,
        plural: names.plural,
        singular: names.singular,
        shortNames: [names.shortName],
      },
      scope: names.scope,
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

/** The CustomResourceDefinitions of this program. The chart's copies are generated from them. */
export const crds: readonly CRD[] = [
  crd(
    {
      kind: 'FluentPVC',
      plural: 'fluentpvcs',
      singular: 'fluentpvc',
      shortName: 'fpvc',
      scope: 'Cluster',
    },
    fluentPVCSchema,
    [
      { name: 'SIDECAR', type: 'string', jsonPath: '.spec.sidecarContainerTemplate.name' },
      { name: 'MOUNT', type: 'string', jsonPath: '.spec.pvcVolumeMountPath' },
      AGE,
    ],
  ),
  crd(
    {
      kind: 'FluentPVCBinding',
      plural: 'fluentpvcbindings',
      singular: 'fluentpvcbinding',
      shortName: 'fpvcb',
      scope: 'Namespaced',
    },
    bindingSchema,
    [
      { name: 'PHASE', type: 'string', jsonPath: '.status.phase' },
      { name: 'FLUENTPVC', type: 'string', jsonPath: '.spec.fluentPVC.name' },
      { name: 'POD', type: 'string', jsonPath: '.spec.pod.name' },
      { name: 'PVC', type: 'string', jsonPath: '.spec.pvc.name' },
      { name: 'NODE', type: 'string', jsonPath: '.status.nodeName', priority: 1 },
      { name: 'ATTEMPTS', type: 'integer', jsonPath: '.status.attempts', priority: 1 },
      AGE,
    ],
  ),
];
