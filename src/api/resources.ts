/**
 * The resources that this program asks the API for, by kind: the one place that knows their paths.
 * Roles are generated from the calls that name them.
 */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  namespaced: boolean;
}

const namespaced = (group: string, version: string, plural: string): Resource => ({
  group,
  version,
  plural,
  namespaced: true,
});
const clusterScoped = (group: string, version: string, plural: string): Resource => ({
  group,
  version,
  plural,
  namespaced: false,
});

export const resources = {
  Pod: namespaced('', 'v1', 'pods'),
  PersistentVolumeClaim: namespaced('', 'v1', 'persistentvolumeclaims'),
  Secret: namespaced('', 'v1', 'secrets'),
  Job: namespaced('batch', 'v1', 'jobs'),
  Lease: namespaced('coordination.k8s.io', 'v1', 'leases'),
  Event: namespaced('events.k8s.io', 'v1', 'events'),
  Namespace: clusterScoped('', 'v1', 'namespaces'),
  Node: clusterScoped('', 'v1', 'nodes'),
  PersistentVolume: clusterScoped('', 'v1', 'persistentvolumes'),
  StorageClass: clusterScoped('storage.k8s.io', 'v1', 'storageclasses'),
  FluentPVC: clusterScoped('fluent-pvc-operator.tech.zozo.com', 'v1alpha1', 'fluentpvcs'),
  FluentPVCBinding: namespaced(
    'fluent-pvc-operator.tech.zozo.com',
    'v1alpha1',
    'fluentpvcbindings',
  ),
  CustomResourceDefinition: clusterScoped(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
  ),
  MutatingWebhookConfiguration: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'mutatingwebhookconfigurations',
  ),
  ValidatingWebhookConfiguration: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'validatingwebhookconfigurations',
  ),
  ValidatingAdmissionPolicy: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'validatingadmissionpolicies',
  ),
  ValidatingAdmissionPolicyBinding: clusterScoped(
    'admissionregistration.k8s.io',
    'v1',
    'validatingadmissionpolicybindings',
  ),
  SelfSubjectReview: clusterScoped('authentication.k8s.io', 'v1', 'selfsubjectreviews'),
} as const satisfies Record<string, Resource>;

/** A kind that this program knows. */
export type Kind = keyof typeof resources;

/** Which object, without saying what is in it. */
export interface ObjectRef {
  kind: Kind;
  /** Absent for objects of the cluster. */
  namespace?: string | undefined;
  name: string;
}

/** Path of all objects of the kind, or of those of a namespace. */
export function collectionPath(kind: Kind, namespace?: string): string {
  const { group, version, plural, namespaced: inNamespace } = resources[kind];
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope =
    inNamespace && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}`;
}

/** Path of one object. */
export function objectPath(ref: ObjectRef): string {
  return `${collectionPath(ref.kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}
