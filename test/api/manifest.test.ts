import { expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE, plainManifest } from '../../hack/plain-manifest.ts';
import { createKubectl, type Kubectl } from '../../e2e/kubectl.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { makeCertificate } from '../../webhook/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openUser } from './guarding.ts';
import { openApi, type Api } from './harness.ts';
import { openHelm } from './installation.ts';
import { dryRun } from './requests.ts';

/* The chart without Helm: one file for `kubectl apply -f`. */
let api: Api;
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
  const folder = await mkdtemp(join(tmpdir(), 'manifest-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const ca = join(folder, 'ca.crt');
  await writeFile(ca, (await makeCertificate(['127.0.0.1'], new Date())).ca);
  const validation = `${api.namespace}-validation`;
  const rescue = `${api.namespace}-rescue`;
  const text = await plainManifest(openHelm(api), [
    '--set=certificate.secretName=webhook',
    `--set-file=certificate.caBundle=${ca}`,
    `--set=validation.namespace=${validation},rescue.namespace=${rescue}`,
  ]);
  objects = (loadAll(text) as (KubeObject | null)[]).filter((object) => object !== null);
  file = join(folder, 'operator.yaml');
  await writeFile(file, text);
  parts.defer(async () => {
    await api.kubectl('delete', ...OURS);
    const namespaces = [api.namespace, NAMESPACE, validation, rescue];
    await api.kubectl('delete', 'namespace', ...namespaces, '--wait=false');
    await api.kubectl('delete', 'rolebinding,role', '-n', 'kube-node-lease', ...OURS.slice(1));
  });
});

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
  const apply = async (): Promise<string[]> =>
    (await kubectl('apply', '--validate=strict', '-f', file)).trim().split('\n');
  expect(await apply()).toHaveLength(objects.length);
  const again = await apply();
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
