import { expect, test } from '@jest/globals';
import { load, loadAll } from 'js-yaml';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentReporter } from '../../e2e/cluster/reporter.ts';
import { CHART, createHelm, setJson, type Helm } from '../../e2e/helm.ts';
import { obtainTool } from '../../e2e/tools.ts';
import { crds } from '../../src/api/crd.ts';
import type { KubeObject } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import type { Configuration } from '../../webhook/ca-bundle.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';
import { CONFIGURATIONS, openHelm, RELEASE } from './installation.ts';

/*
 * Helm 3 renders with other sources, and merges three ways (last manifest, new manifest, live object)
 * where Helm 4 has the API server apply. There are no nodes: what runs in Pods is not looked at.
 */
let api: Api;
let helm3: Helm;
let helm4: Helm;
let flags: readonly string[];

shared(async (parts) => {
  api = await openApi(parts);
  helm4 = openHelm(api);
  // A folder of its own: two kinds of Helm are not to share a cache.
  const folder = await mkdtemp(join(tmpdir(), 'helm3-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const { kubeconfig } = api;
  helm3 = createHelm({ helm: await obtainTool('helm3', silentReporter), kubeconfig, home: folder });
  const namespace = `${api.namespace}-operator`;
  const own = `validation.namespace=${namespace}-validation,rescue.namespace=${namespace}-rescue`;
  flags = [`--namespace=${namespace}`, `--set=${own}`];
  parts.defer(async () => {
    await helm3(
      'uninstall',
      RELEASE,
      `--namespace=${namespace}`,
      '--ignore-not-found',
      '--no-hooks',
    );
    const made = [api.namespace, namespace, `${namespace}-rescue`];
    await api.kubectl('delete', 'namespace', ...made, '--wait=false', '--ignore-not-found');
  });
});

/** What the API server trusts: as the webhook, which is not here, would write it. */
const CA = Buffer.from('-----BEGIN CERTIFICATE-----\nmine\n-----END CERTIFICATE-----\n').toString(
  'base64',
);

async function trusted(): Promise<(string | undefined)[]> {
  const found = await Promise.all(
    CONFIGURATIONS.map(([kind]) => api.client.get<Configuration>({ kind, name: RELEASE })),
  );
  return found.flatMap((one) =>
    (one?.webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle),
  );
}

/** What an upgrade changes. */
function timeout(): Promise<string> {
  const field = '--output=jsonpath={.webhooks[0].timeoutSeconds}';
  return api.kubectl('get', CONFIGURATIONS[0][0], RELEASE, field);
}

const LASTING: ObjectRef[] = [
  ...crds.map(({ metadata: { name = '' } }): ObjectRef => {
    return { kind: 'CustomResourceDefinition', name };
  }),
  ...CONFIGURATIONS.map(([kind]) => ({ kind, name: RELEASE })),
];

const uids = (): Promise<(string | undefined)[]> =>
  Promise.all(LASTING.map(async (one) => (await api.client.get(one))?.metadata.uid));

const nameOf = ({ kind, metadata: { namespace = '', name = '' } }: KubeObject): string =>
  `${kind} ${namespace}/${name}`;

test.each<[string, string[]]>([
  ['the defaults', []],
  [
    'much of what there is',
    [
      '--set=certificate.certManager.enabled=true,networkPolicy.enabled=true',
      '--set=metrics.podMonitor.enabled=true,metrics.prometheusRule.enabled=true',
      '--set=metrics.dashboard.enabled=true,webhook.hostNetwork=true',
      setJson('commonLabels', { 'example.com/on': 'true' }),
      setJson('namespaces', ['default']),
    ],
  ],
])('of %s, Helm 3 makes what Helm 4 makes', async (_called, values) => {
  const version = `--kube-version=${(await api.client.version()).replace('v', '')}`;
  const [three, four] = await Promise.all(
    [helm3, helm4].map(async (helm) => {
      const text = await helm('template', RELEASE, CHART, version, ...flags, ...values);
      const objects = (loadAll(text) as (KubeObject | null)[]).filter((one) => one !== null);
      const named = new Map(objects.map((one) => [nameOf(one), one]));
      expect(named.size).toBe(objects.length);
      return named;
    }),
  );
  expect(three?.size).toBeGreaterThan(20);
  expect(three).toEqual(four);
});

test('helm lint of Helm 3 finds nothing', async () => {
  expect(await helm3('lint', '--strict', CHART)).toContain('1 chart(s) linted, 0 chart(s) failed');
});

test('refuses what the schema of the values does not know', async () => {
  await expect(
    helm3('template', RELEASE, CHART, ...flags, '--set=webhook.replica=3'),
  ).rejects.toThrow(/replica/);
});

test('installs, upgrades without touching what the API server trusts, goes back, and keeps the definitions', async () => {
  await helm3('install', RELEASE, CHART, '--create-namespace', '--take-ownership', ...flags);
  for (const [kind] of CONFIGURATIONS) {
    const patch = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: CA }];
    await api.kubectl('patch', kind, RELEASE, '--type=json', `--patch=${JSON.stringify(patch)}`);
  }
  const before = await uids();
  expect(before).not.toContain(undefined);
  const seconds = await timeout();

  await helm3('upgrade', RELEASE, CHART, ...flags, '--set=webhook.timeoutSeconds=7,logLevel=debug');
  expect(await timeout()).toBe('7');
  expect(await trusted()).toEqual([CA, CA]);

  await helm3('rollback', RELEASE, '1', flags[0] ?? '');
  expect(await timeout()).toBe(seconds);
  expect(await trusted()).toEqual([CA, CA]);
  expect(await uids()).toEqual(before);

  await helm3('uninstall', RELEASE, flags[0] ?? '', '--no-hooks');
  const after = await uids();
  expect(after.slice(0, crds.length)).toEqual(before.slice(0, crds.length));
  expect(after.slice(crds.length)).toEqual([undefined, undefined]);
});

test('says what to do next, as Helm 4 does', async () => {
  const [three, four] = await Promise.all(
    [helm3, helm4].map(async (helm) => {
      const client = ['--dry-run=client', '--output=json', '--take-ownership'];
      const text = await helm('install', 'noted', CHART, ...client, ...flags);
      return (load(text) as { info: { notes: string } }).info.notes;
    }),
  );
  expect(three).toContain('kubectl');
  expect(three).toBe(four);
});
