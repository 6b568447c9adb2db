import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { API_VERSION, GROUP } from '../../src/api/names.ts';
import type { Identity, KubeObject, Stored } from '../../src/api/object.ts';
import type { Pod, PodSpec } from '../../src/api/pod.ts';
import { eventually } from '../support/eventually.ts';
import {
  originalBinding,
  originalClaim,
  originalCondition,
  originalPod,
} from '../support/original.ts';
import type { Api } from './harness.ts';
import { ref } from './cycle.ts';

/*
 * A cluster as the original operator leaves it, in the order in which it makes it.
 */

/** The definition of the original, as far as it matters: it has no rules, and defaults nothing. */
function originalDefinition(kind: string, plural: string, scope: string): KubeObject & object {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const spec = {
    group: GROUP,
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    scope,
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { metadata: { type: 'object' }, spec: free, status: free },
          },
        },
      },
    ],
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    ...{ spec },
  };
}

/** Puts the definitions of the original in the place of whatever is there. */
export async function applyOriginalDefinitions({ client }: Pick<Api, 'client'>): Promise<void> {
  for (const crd of [
    originalDefinition('FluentPVC', 'fluentpvcs', 'Cluster'),
    originalDefinition('FluentPVCBinding', 'fluentpvcbindings', 'Namespaced'),
  ]) {
    const name = crd.metadata.name ?? '';
    await client.patch({ kind: 'CustomResourceDefinition', name }, { type: 'apply', body: crd });
  }
  await eventually('the definitions to be served', () => client.list('FluentPVCBinding', {}));
}

/** What is left of one admission. */
export interface Left {
  name: string;
  claim: Stored<Claim>;
  binding: Stored<Binding>;
  pod: Stored<Pod>;
}

/** Claim, binding and Pod of an admission; the binding says that far it has come. */
export async function leave(
  api: Pick<Api, 'client' | 'namespace'>,
  name: string,
  fluentPVC: Identity,
  conditions: readonly string[],
  spec: Partial<PodSpec> = {},
): Promise<Left> {
  const { client, namespace } = api;
  const claim = await client.create(originalClaim({ namespace, name }));
  const admission = {
    ...{ namespace, name, fluentPVC },
    pod: { name: `app-${name.slice(-4)}`, uid: '' },
    pvc: { name, uid: claim.metadata.uid },
  };
  const made = await client.create(originalBinding(admission));
  const pod = await client.create(originalPod(admission, { nodeName: 'nowhere', ...spec }));
  const binding = ref(api, 'FluentPVCBinding', name);
  if (conditions.length > 0) {
    const seen = { spec: { pod: { name: pod.metadata.name, uid: pod.metadata.uid } } };
    await client.patch(binding, { type: 'merge', body: seen });
  }
  const at = '2026-01-01T00:00:0';
  const status = {
    phase: conditions.at(-1) ?? 'Pending',
    ...(conditions.length === 0
      ? {}
      : { conditions: conditions.map((type, index) => originalCondition(type, `${at}${index}Z`)) }),
  };
  await client.patch(binding, { type: 'merge', subresource: 'status', body: { status } });
  return { name, claim, binding: made, pod };
}

/** The webhook configuration by which the original admits Pods. */
export const originalWebhook: KubeObject & { webhooks: object[] } = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'fluent-pvc-operator-mutating-webhook-configuration' },
  webhooks: [
    {
      name: `pod-mutation-webhook.${GROUP}`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { url: 'https://127.0.0.1:1/' },
      rules: [],
    },
  ],
};

/** An owner as very early versions gave claims. */
export function ownedBy({ metadata }: Stored<Binding>): object {
  const { name, uid } = metadata;
  const owner = { apiVersion: API_VERSION, kind: 'FluentPVCBinding', name, uid };
  return {
    metadata: { ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }] },
  };
}
