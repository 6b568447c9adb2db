import { expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE, plainManifest } from '../../hack/plain-manifest.ts';
import { createKubectl, type Kubectl } from '../../e2e/kubectl.ts';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Kind } from '../../src/api/resources.ts';
import {
  bundlesOf,
  bundleWrite,
  certificatesIn,
  type Configuration,
} from '../../webhook/ca-bundle.ts';
import { makeCertificate } from '../../webhook/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openUser } from './guarding.ts';
import { openApi, type Api } from './harness.ts';
import { CONFIGURATIONS, openHelm } from './installation.ts';
import { dryRun } from './requests.ts';

/* The chart without Helm: one file for `kubectl apply -f`. */
let api: Api;
let folder: string;
let file: string;
let objects: KubeObject[];

/** In no namespace but those that the file names. */
let kubectl: Kubectl;

/** Of the cluster, and not of a namespace of this test's own. */
const OURS = [
  'mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies,' +
    'validatingadmissionpolicybindings,clusterroles,clusterrolebindings',
  '-l',
  'app.kubernetes.io/instance=fluent-pvc-operator',
];

shared(async (parts) => {
  api = await openApi(parts);
  const { TEST_KUBECTL: path = '' } = process.env;
  kubectl = createKubectl({ kubectl: path, kubeconfig: api.kubeconfig });
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.crt');
  await writeFile(ca, (await makeCertificate(['127.0.0.1'], new Date())).ca);
  const given = ['--set=certificate.secretName=webhook', `--set-file=certificate.caBundle=${ca}`];
  ({ file, objects } = await manifest('operator.yaml', ...given));
  parts.defer(async () => {
    await api.kubectl('delete', ...OURS);
    const namespaces = [api.namespace, NAMESPACE, validation(), rescue()];
    await api.kubectl('delete', 'namespace', ...namespaces, '--wait=false');
    await api.kubectl('delete', 'rolebinding,role', '-n', 'kube-node-lease', ...OURS.slice(1));
  });
});

const validation = (): string => `${api.namespace}-validation`;
const rescue = (): string => `${api.namespace}-rescue`;

/** Writes the manifest with these values. */
async function manifest(
  name: string,
  ...values: string[]
): Promise<{ file: string; objects: KubeObject[] }> {
  const namespaces = `--set=validation.namespace=${validation()},rescue.namespace=${rescue()}`;
  const text = await plainManifest(openHelm(api), [namespaces, ...values]);
  const path = join(folder, name);
  await writeFile(path, text);
  const all = loadAll(text) as (KubeObject | null)[];
  return { file: path, objects: all.filter((object) => object !== null) };
}

/** What kubectl says of each object. */
async function apply(path: string): Promise<string[]> {
  return (await kubectl('apply', '--validate=strict', '-f', path)).trim().split('\n');
}

test('it is all that Helm would install, with its namespace, and nothing that only Helm runs', () => {
  expect(objects[0]).toMatchObject({ kind: 'Namespace', metadata: { name: NAMESPACE } });
  const kinds = new Set(objects.map(({ kind }) => kind));
  for (const kind of ['CustomResourceDefinition', 'Deployment', 'MutatingWebhookConfiguration'])
    expect(kinds).toContain(kind);
  const run = objects.filter(({ kind }) => kind === 'Job' || kind === 'Pod');
  expect(run).toEqual([]);
  const hooks = objects.filter(({ metadata }) => 'helm.sh/hook' in (metadata.annotations ?? {}));
  expect(hooks).toEqual([]);
});

test('the API server takes it in one go, and again', async () => {
  expect(await apply(file)).toHaveLength(objects.length);
  const again = await apply(file);
  expect(again.filter((line) => !/ (unchanged|configured)$/.test(line))).toEqual([]);
});

test('its Pods are let in, and its webhook is asked', async () => {
  const pods = await eventually('the Pods of both Deployments', async () => {
    const text = await api.kubectl('get', 'pods', '-n', NAMESPACE, '-o', 'name');
    const names = text.split('\n').filter((line) => line !== '');
    return names.length === 4 ? names : undefined;
  });
  expect(pods.filter((name) => name.includes('-webhook-'))).toHaveLength(2);
  const user = await openUser(api);
  await eventually('the webhook to be asked', async () => {
    const said = await dryRun(user).create(labelledPod(api, 'logs')).then(String, String);
    return said.includes('failed calling webhook "pod-mutation-webhook');
  });
});

test('where the webhook makes its certificate, it is applied again and takes no CA away', async () => {
  const selfManaged = await manifest('self-managed.yaml');
  await apply(selfManaged.file);
  // As a replica of the webhook does.
  const { ca } = await makeCertificate(['127.0.0.1'], new Date());
  for (const [kind] of CONFIGURATIONS) {
    const found = await configuration(kind);
    expect(bundlesOf(found)).toEqual([[]]);
    const write = bundleWrite(found, () => [ca]);
    if (write?.verb !== 'patch') throw new Error(`${kind} has that CA`);
    await api.client.patch(write.ref, write);
  }
  const again = await apply(selfManaged.file);
  const configurations = again.filter((line) => line.includes('webhookconfiguration'));
  expect(configurations).toEqual(CONFIGURATIONS.map(() => expect.stringMatching(/ unchanged$/)));
  await apply((await manifest('other.yaml', '--set=webhook.timeoutSeconds=7')).file);
  for (const [kind] of CONFIGURATIONS) {
    const found = await configuration(kind);
    expect(found).toMatchObject({ webhooks: [{ timeoutSeconds: 7 }] });
    expect(bundlesOf(found)).toEqual([certificatesIn(ca)]);
  }
});

async function configuration(kind: Kind): Promise<Stored<Configuration>> {
  const found = await api.client.get<Configuration>({ kind, name: 'fluent-pvc-operator' });
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}
