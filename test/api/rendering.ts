import { loadAll } from 'js-yaml';
import type { KubeObject, ObjectMeta } from '../../src/api/object.ts';
import { CHART, type Helm } from '../../e2e/helm.ts';
import { openApi, type Api } from './harness.ts';
import { openHelm } from './installation.ts';

/** The chart, rendered for a real API server. */
export interface Rendering {
  api: Api;
  helm: Helm;
  rescueNamespace: string;
  /** All that the chart makes of these values, what Helm makes for a moment (hooks) included. */
  render: (...values: readonly string[]) => Promise<KubeObject[]>;
}

/** Everything in a namespace of this test's own, rescued volumes beside it, until `parts` are closed. */
export async function openRendering(parts: AsyncDisposableStack): Promise<Rendering> {
  const api = await openApi(parts);
  const helm = openHelm(api);
  const rescueNamespace = `${api.namespace}-rescue`;
  const validationNamespace = `${api.namespace}-validation`;
  const made = [rescueNamespace, validationNamespace];
  for (const name of made) await api.kubectl('create', 'namespace', name);
  parts.defer(async () => {
    await api.kubectl('delete', 'namespace', api.namespace, ...made, '--wait=false');
  });
  const version = (await api.client.version()).replace('v', '');
  const flags = [
    `--kube-version=${version}`,
    `--namespace=${api.namespace}`,
    // Where objects of namespaces go, there must be one.
    `--set=validation.namespace=${validationNamespace},rescue.namespace=${rescueNamespace}`,
  ];
  return {
    api,
    helm,
    rescueNamespace,
    async render(...values) {
      const text = await helm('template', 'mine', CHART, ...flags, ...values);
      return (loadAll(text) as (KubeObject | null)[]).filter((object) => object !== null);
    },
  };
}

/** Values as a user has them who brings a certificate along. */
export const GIVEN_CERTIFICATE = [
  '--set=certificate.secretName=webhook',
  '--set=certificate.caBundle=-----BEGIN CERTIFICATE-----mine-----END CERTIFICATE-----',
];

/** The Pod of what has a name with that end. */
export async function podOf(
  { render }: Rendering,
  name: string,
  ...values: readonly string[]
): Promise<Workload['spec']> {
  const found = podsOf(await render(...values)).find((one) => one.name.endsWith(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found.spec;
}

/** What runs Pods, with the part of it that is a Pod's. */
export function podsOf(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object) => {
    const { spec } = object as { spec?: PodSpec & { template?: Omit<Workload, 'name'> } };
    if (spec === undefined) return [];
    const { kind, metadata } = object;
    const name = metadata.name ?? '';
    if (kind === 'Pod') return [{ name, metadata, spec }];
    return spec.template === undefined || !['Deployment', 'Job'].includes(kind)
      ? []
      : [{ name, ...spec.template }];
  });
}

export interface Workload {
  name: string;
  /** Of its Pods. */
  metadata: ObjectMeta;
  spec: PodSpec;
}

interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  restartPolicy?: string;
  hostNetwork?: boolean;
  dnsPolicy?: string;
  terminationGracePeriodSeconds?: number;
  topologySpreadConstraints?: { topologyKey: string; labelSelector?: object }[];
  securityContext?: object;
  containers: {
    name: string;
    args: string[];
    env?: { name: string; value: string }[];
    securityContext?: object;
  }[];
}
