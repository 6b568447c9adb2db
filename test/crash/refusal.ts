import { API_VERSION, GROUP } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { messageOf } from '../../src/errors.ts';
import type { Api } from '../api/harness.ts';
import { fluentPVC } from '../support/manifests.ts';
import { soon, type Place } from './place.ts';

/** What somebody's policy may refuse, so that half of an admission has to be undone. */
export type Refused = 'persistentvolumeclaims' | 'fluentpvcbindings';

/** A policy of somebody's that refuses the resource in namespaces with the label `refuses`. */
export async function refuse({ kubectl }: Api, resource: Refused): Promise<void> {
  const name = `crash-${resource}`;
  const policy: KubeObject & { spec: object } = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['', GROUP],
            apiVersions: ['*'],
            operations: ['CREATE'],
            resources: [resource],
          },
        ],
      },
      validations: [{ expression: 'false', message: 'not here' }],
    },
  };
  await kubectl.feed('apply', policy);
  await kubectl.feed('apply', {
    ...policy,
    kind: 'ValidatingAdmissionPolicyBinding',
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { refuses: resource } } },
    },
  });
}

/** Makes the policy hold in the place, and waits until it does. */
export async function refusing(
  { client, kubectl, namespace }: Place,
  resource: Refused,
): Promise<void> {
  await kubectl('label', 'namespace', namespace, `refuses=${resource}`);
  const metadata = { name: 'tried', namespace };
  const nobody = { name: 'nobody', uid: '' };
  const tried = {
    persistentvolumeclaims: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: fluentPVC('').spec.pvcSpecTemplate,
    },
    fluentpvcbindings: {
      apiVersion: API_VERSION,
      kind: 'FluentPVCBinding',
      metadata,
      spec: { fluentPVC: nobody, pod: nobody, pvc: nobody },
    },
  }[resource];
  await soon('the policy', () =>
    client.create<KubeObject>(tried, { dryRun: true }).then(
      () => false,
      (error: unknown) => messageOf(error).includes('not here'),
    ),
  );
}

/** Takes it back. */
export async function refusingNothing({ kubectl, namespace }: Place): Promise<void> {
  await kubectl('label', 'namespace', namespace, 'refuses-');
}
