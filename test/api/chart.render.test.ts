import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { KubeObject } from '../../src/api/object.ts';
import { readConfig } from '../../src/config.ts';
import { CHART, setJson, type Helm } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';
import { openHelm } from './installation.ts';

/* What the chart renders, for a table of values; the API server is asked by dry runs. */
let api: Api;
let helm: Helm;

shared(async (parts) => {
  api = await openApi(parts);
  helm = openHelm(api);
  const restricted = 'pod-security.kubernetes.io/enforce=restricted';
  await api.kubectl('label', 'namespace', api.namespace, restricted);
});

const GIVEN_CERTIFICATE = [
  '--set=certificate.certManager.enabled=false',
  '--set=certificate.secretName=webhook',
  '--set=certificate.caBundle=PEM',
];
const NO_RESCUE = ['--set=rescue.enabled=false'];

interface Workload extends KubeObject {
  spec: { template: { spec: object & { containers: { args: string[] }[] } } };
}

async function render(...values: readonly string[]): Promise<KubeObject[]> {
  const version = (await api.client.version()).replace('v', '');
  // Where objects of namespaces go, there must be one.
  const where = [`--namespace=${api.namespace}`, `--set=validation.namespace=${api.namespace}`];
  const text = await helm(
    'template',
    'mine',
    CHART,
    `--kube-version=${version}`,
    ...where,
    ...values,
  );
  return (loadAll(text) as (KubeObject | null)[]).filter((object) => object !== null);
}

const table: [called: string, values: string[]][] = [
  ['the defaults', []],
  ['a certificate that is given', GIVEN_CERTIFICATE],
  [
    'an issuer that is given',
    [setJson('certificate.certManager.issuerRef', { kind: 'ClusterIssuer', name: 'ours' })],
  ],
  ['a webhook that may be left out', ['--set=webhook.failurePolicy=Ignore']],
  [
    'a webhook that is asked again, soon',
    ['--set=webhook.reinvocationPolicy=IfNeeded,webhook.timeoutSeconds=3'],
  ],
  ['no rescue', NO_RESCUE],
  ['namespaces that others make', ['--set=validation.create=false,rescue.create=false']],
  ['CRDs that others make', ['--set=crds.enabled=false']],
  ['CRDs that go', ['--set=crds.keep=false']],
  ['another name', ['--set=instance=logs']],
  ['namespaces that are exempt', [setJson('exemptNamespaces', ['monitoring', 'kube-system'])]],
  ['an image by digest', [`--set=image.digest=sha256:${'0'.repeat(64)},image.repository=r/x`]],
  [
    'all that Pods may have',
    [
      setJson('imagePullSecrets', [{ name: 'pull' }]),
      setJson('nodeSelector', { 'kubernetes.io/os': 'linux' }),
      setJson('tolerations', [{ operator: 'Exists' }]),
      setJson('affinity', { nodeAffinity: {} }),
      setJson('podAnnotations', { 'example.com/scrape': 'true' }),
      setJson('webhook.resources', {}),
      '--set=priorityClassName=system-cluster-critical',
    ],
  ],
  [
    'other ports and settings',
    [
      '--set=webhook.port=8443,webhook.service.port=8443,metricsPort=9090,sidecarMode=Regular,podDeletionTrigger=SidecarTermination,controllers.evictionTimeout=30s,logLevel=debug',
    ],
  ],
];

describe.each(table)('with %s', (_called, values) => {
  let objects: KubeObject[];

  beforeAll(async () => {
    objects = await render(...values);
  });

  test('the API server would take each object, and knows every field', async () => {
    expect(objects.length).toBeGreaterThan(20);
    // cert-manager is not in this cluster.
    const known = objects.filter(({ apiVersion }) => !apiVersion.startsWith('cert-manager.io/'));
    const dryRun = ['--server-side', '--dry-run=server', '--validate=strict', '--force-conflicts'];
    for (const [namespace, items] of Map.groupBy(known, (one) => one.metadata.namespace ?? '')) {
      const list = { apiVersion: 'v1', kind: 'List', items };
      const where = namespace === '' ? [] : [`--namespace=${namespace}`];
      const said = await api.kubectl.feed(
        'apply',
        ...dryRun,
        '--field-manager=test',
        ...where,
        list,
      );
      const lines = said.trim().split('\n');
      expect(lines.filter((line) => !line.endsWith('applied (server dry run)'))).toEqual([]);
      expect(lines).toHaveLength(items.length);
    }
  });

  test('the program takes its flags, and Pod Security its Pods', async () => {
    const deployments = objects.filter(({ kind }) => kind === 'Deployment') as Workload[];
    expect(deployments).toHaveLength(2);
    for (const { metadata, spec } of deployments) {
      const [program, command, ...flags] = spec.template.spec.containers[0]?.args ?? [];
      expect(program).toBe('/app/main.js');
      expect(readConfig('0', [command ?? '', ...flags], {})).toMatchObject({
        config: { command: metadata.name?.split('-').at(-1), namespace: api.namespace },
      });
      const name = `${metadata.name ?? ''}-pod`;
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: api.namespace },
        spec: { ...spec.template.spec, serviceAccountName: 'default' },
      };
      expect(await api.kubectl.feed('create', '--dry-run=server', pod)).toContain('created');
    }
  });
});

test('rendering it twice is the same: nothing is random', async () => {
  expect(await render()).toEqual(await render());
});

describe('with these values, left out of the webhook and of the guards', () => {
  const MORE = [setJson('exemptNamespaces', ['monitoring', 'kube-system'])];
  test.each<[values: string[], webhook: string[], guards: string[]]>([
    [[], ['fluent-pvc-rescue'], []],
    [NO_RESCUE, [], []],
    [MORE, ['monitoring', 'fluent-pvc-rescue'], ['monitoring']],
  ])('%j: besides kube-system and our own %j and %j', async (values, webhook, guards) => {
    const leftOut = (await render(...values)).flatMap((object) => {
      const { webhooks = [], spec } = object as Registered;
      return [...webhooks, spec?.matchConstraints].flatMap((one) => {
        const [{ operator, values: names } = {}] = one?.namespaceSelector?.matchExpressions ?? [];
        return operator === 'NotIn' ? [names] : [];
      });
    });
    const always = ['kube-system', api.namespace];
    const guarded = Array.from({ length: 4 }, () => [...always, ...guards]);
    expect(leftOut).toHaveLength(5);
    expect(leftOut).toEqual(expect.arrayContaining([[...always, ...webhook], ...guarded]));
  });

  interface Registered {
    webhooks?: Selecting[];
    spec?: { matchConstraints?: Selecting };
  }
  interface Selecting {
    namespaceSelector?: { matchExpressions?: { operator: string; values: string[] }[] };
  }
});

describe('helm refuses', () => {
  test.each<[string, string[], string]>([
    ['a value that there is not', ['--set=webhook.replica=3'], "'replica'"],
    ['a failurePolicy that there is not', ['--set=webhook.failurePolicy=Never'], 'failurePolicy'],
    ['a namespace that can be none', [setJson('exemptNamespaces', ['a"b'])], 'exemptNamespaces'],
    ['an instance that can be no name', ['--set=instance=Logs'], 'instance'],
    [
      'to do without certificate',
      ['--set=certificate.certManager.enabled=false,certificate.caBundle=x'],
      'certificate.secretName is needed without cert-manager',
    ],
    [
      'to do without CA',
      ['--set=certificate.certManager.enabled=false,certificate.secretName=x'],
      'certificate.caBundle is needed without cert-manager',
    ],
  ])('%s', async (_what, values, why) => {
    await expect(render(...values)).rejects.toThrow(why);
  });
});

test('helm lint finds no fault', async () => {
  expect(await helm('lint', '--strict', CHART, '--kube-version=1.36.0')).toContain(
    '0 chart(s) failed',
  );
});
