import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHelm, CHART, type Helm } from '../../e2e/helm.ts';
import type { Process } from '../../src/kube/permissions.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { makeCertificate, type ServingCertificate } from '../../webhook/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { removeAll } from './guarding.ts';
import { openApi, type Api } from './harness.ts';

/*
 * The chart, installed as people do. There are no nodes, so its Pods never run: what is looked at is
 * what the API server makes of the rest.
 */

export const RELEASE = 'fluent-pvc-operator';

/** The release's webhook configurations, and the path that each leads to. */
export const CONFIGURATIONS = [
  ['MutatingWebhookConfiguration', '/pod/mutate'],
  ['ValidatingWebhookConfiguration', '/fluent-pvc/validate'],
] as const;

/** A release of the chart of this checkout. */
export interface Installation {
  api: Api;
  helm: Helm;
  /** Of the release. */
  namespace: string;
  validationNamespace: string;
  rescueNamespace: string;
  /** Of the webhook, for 127.0.0.1. */
  certificate: ServingCertificate;
  /** Folder of this test's own. */
  folder: string;
  /** Installs anew with other values. */
  upgrade(...values: readonly string[]): Promise<void>;
}

/** helm, for who needs no release. */
export function openHelm({ kubeconfig }: Pick<Api, 'kubeconfig'>): Helm {
  const { TEST_HELM: helm = '' } = process.env;
  if (helm === '') throw new Error('run the API tests with `npm run test:api [-- PATTERN]`');
  return createHelm({ helm, kubeconfig });
}

/** Values of the chart; some depend on where it goes. */
type Given = readonly (string | ((api: Api) => string))[];

/** Installs the chart with a certificate that is brought along, until `parts` are closed. */
export function openInstallation(
  parts: AsyncDisposableStack,
  ...values: Given
): Promise<Installation> {
  const flagsFor = (caBundle: string): string[] => [
    '--set=certificate.secretName=webhook',
    `--set-file=certificate.caBundle=${caBundle}`,
  ];
  return open(parts, flagsFor, values);
}

/** The same where the webhook makes its certificate itself. */
export function openSelfManaged(
  parts: AsyncDisposableStack,
  ...values: Given
): Promise<Installation> {
  return open(parts, () => [], values);
}

async function open(
  parts: AsyncDisposableStack,
  certificateFlags: (caBundle: string) => string[],
  given: Given,
): Promise<Installation> {
  const api = await openApi(parts);
  const values = given.map((value) => (typeof value === 'string' ? value : value(api)));
  const helm = openHelm(api);
  const namespace = `${api.namespace}-operator`;
  const validationNamespace = `${api.namespace}-validation`;
  const rescueNamespace = `${api.namespace}-rescue`;
  const folder = await mkdtemp(join(tmpdir(), 'chart-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const certificate = await makeCertificate(['127.0.0.1'], new Date());
  const caBundle = join(folder, 'ca.crt');
  await writeFile(caBundle, certificate.ca);
  const flags = [
    `--namespace=${namespace}`,
    ...certificateFlags(caBundle),
    `--set=validation.namespace=${validationNamespace},rescue.namespace=${rescueNamespace}`,
  ];
  // Other tests have made the CRDs otherwise.
  const adopt = ['--take-ownership', '--force-conflicts'];
  parts.defer(async () => {
    // No node would run the check before it.
    const anyway = ['--ignore-not-found', '--no-hooks', '--wait'];
    await helm('uninstall', RELEASE, `--namespace=${namespace}`, ...anyway);
    // The API server takes note of guards that are gone within seconds.
    await eventually('bindings and PVCs to be let go', () => removeAll(api).then(() => true));
    const ours = [api.namespace, namespace, rescueNamespace];
    await api.kubectl('delete', 'namespace', ...ours, '--wait=false', '--ignore-not-found');
  });
  await helm('install', RELEASE, CHART, '--create-namespace', ...adopt, ...flags, ...values);
  return {
    api,
    helm,
    namespace,
    validationNamespace,
    rescueNamespace,
    certificate,
    folder,
    async upgrade(...others) {
      await leadBack(api, namespace);
      await helm('upgrade', RELEASE, CHART, ...flags, ...values, ...others);
    },
  };
}

/**
 * Where a test has led the API server to a webhook of its own, by URL: Helm would put the Service beside
 * it, and only one may be there.
 */
async function leadBack({ client, kubectl }: Api, namespace: string): Promise<void> {
  for (const [kind, path] of CONFIGURATIONS) {
    const found = await client.get<WebhookConfiguration>({ kind, name: RELEASE });
    const { url, caBundle } = found?.webhooks[0]?.clientConfig ?? {};
    if (url === undefined) continue;
    const service = { namespace, name: `${RELEASE}-webhook`, port: 443, path };
    const value = { service, caBundle };
    const patch = [{ op: 'replace', path: '/webhooks/0/clientConfig', value }];
    await kubectl('patch', kind, RELEASE, '--type=json', `--patch=${JSON.stringify(patch)}`);
  }
}

interface WebhookConfiguration extends KubeObject {
  webhooks: readonly { clientConfig: { url?: string; caBundle?: string } }[];
}

/** The username of a process of the release. */
export function accountOf(
  { namespace }: Pick<Installation, 'namespace'>,
  process: Process,
): string {
  return `system:serviceaccount:${namespace}:${RELEASE}-${process}`;
}
