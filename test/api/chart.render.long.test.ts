import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import { readConfig } from '../../src/config.ts';
import { certManagerDefinitions } from '../../e2e/cert-manager.ts';
import { CHART, setJson, type Helm } from '../../e2e/helm.ts';
import { prometheusOperatorDefinitions } from '../../e2e/prometheus-operator.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import type { Api } from './harness.ts';
import { GIVEN_CERTIFICATE, openRendering, podsOf, type Rendering } from './rendering.ts';

/* What the chart renders, for a table of values; the API server is asked by dry runs. */
let on: Rendering;
let api: Api;
let helm: Helm;
let render: Rendering['render'];

shared(async (parts) => {
  on = await openRendering(parts);
  ({ api, helm, render } = on);
  const restricted = 'pod-security.kubernetes.io/enforce=restricted';
  await api.kubectl('label', 'namespace', api.namespace, restricted);
  // What the chart makes for others is looked at by their definitions.
  for (const crd of [
    ...(await certManagerDefinitions()),
    ...(await prometheusOperatorDefinitions()),
  ]) {
    const { name = '' } = crd.metadata;
    await api.kubectl.feed('apply', '--server-side', crd);
    parts.defer(async () => {
      await api.kubectl('delete', 'crd', name);
    });
    const established = ['wait', '--for=condition=Established', `crd/${name}`];
    await eventually(name, () => api.kubectl(...established));
  }
});

const CERT_MANAGER = ['--set=certificate.certManager.enabled=true'];
const issuer = (ref: Record<string, string>): string[] => [
  ...CERT_MANAGER,
  setJson('certificate.certManager.issuerRef', ref),
];
const NO_RESCUE = ['--set=rescue.enabled=false'];

const table: [called: string, values: string[]][] = [
  ['the defaults', []],
  ['a certificate that is given', GIVEN_CERTIFICATE],
  ['a certificate of cert-manager', CERT_MANAGER],
  ['an issuer that is given', issuer({ kind: 'ClusterIssuer', name: 'ours' })],
  ['an issuer by its name', issuer({ name: 'ours' })],
  [
    'an issuer that is not of cert-manager itself',
    issuer({ kind: 'AWSPCAClusterIssuer', name: 'ours', group: 'awspca.cert-manager.io' }),
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
    'labels and annotations everywhere',
    [
      setJson('commonLabels', { 'example.com/team': 'logs', 'example.com/on': 'true' }),
      setJson('podLabels', { 'example.com/team': 'pods' }),
      setJson('deploymentAnnotations', { 'example.com/reload': 'true' }),
      setJson('webhook.service.annotations', { 'example.com/a': 'b' }),
      setJson('env', [{ name: 'KUBERNETES_SERVICE_HOST', value: 'kube.example.com' }]),
    ],
  ],
  [
    'a webhook that is asked for less',
    [
      setJson('webhook.namespaceSelector', {
        matchLabels: { logs: 'yes' },
        matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['test'] }],
      }),
      setJson('webhook.objectSelector', {
        matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }],
      }),
      setJson('webhook.matchConditions', [
        { name: 'not-by-root', expression: 'request.userInfo.username != "root"' },
      ]),
    ],
  ],
  [
    'guards that look at less',
    [
      '--set=guards.failurePolicy=Ignore',
      setJson('guards.namespaceSelector', {
        matchLabels: { logs: 'yes' },
        matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['test'] }],
      }),
      setJson('guards.objectSelector', {
        matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }],
      }),
      setJson('guards.matchConditions', [
        { name: 'not-by-root', expression: 'request.userInfo.username != "root"' },
      ]),
    ],
  ],
  ['NetworkPolicies', ['--set=networkPolicy.enabled=true']],
  [
    'NetworkPolicies that know the cluster',
    [
      setJson('networkPolicy', {
        enabled: true,
        apiServerPorts: [6443],
        apiServerCIDRs: ['10.0.0.1/32', 'fd00::/8'],
        metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
        extraEgress: [{ ports: [{ port: 4317 }] }],
      }),
      '--set=rescue.denyIngress=false',
    ],
  ],
  ['one replica', ['--set=webhook.replicas=1,controllers.replicas=1']],
  [
    'budgets of their own',
    [
      '--set-string=webhook.podDisruptionBudget.maxUnavailable=25%',
      '--set=controllers.podDisruptionBudget.enabled=false',
    ],
  ],
  [
    'replicas that are spread, and no priority',
    [
      setJson('topologySpreadConstraints', [
        { maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' },
        {
          maxSkew: 2,
          topologyKey: 'zone',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { a: 'b' } },
        },
      ]),
      '--set=priorityClassName=',
    ],
  ],
  ['some namespaces', [setJson('namespaces', ['default'])]],
  ['some namespaces, and no rescue', [setJson('namespaces', ['default']), ...NO_RESCUE]],
  ['no check before an uninstallation', ['--set=uninstall.force=true']],
  ['a webhook that leaves at once', ['--set=webhook.drainSeconds=0,webhook.dnsPolicy=Default']],
  [
    'all that Prometheus and Grafana are given',
    [
      '--set=metrics.podMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.dashboard.enabled=true',
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
    // The account of the Pod would have to be there.
    const known = objects.map((one) => (one.kind === 'Pod' ? withDefaultAccount(one) : one));
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
    const pods = podsOf(objects);
    expect(pods.length).toBeGreaterThanOrEqual(3);
    for (const { name, spec } of pods) {
      const [program, command = '', ...flags] = spec.containers[0]?.args ?? [];
      expect(program).toBe('/app/main.mjs');
      expect(name).toMatch(new RegExp(`-${command}$`));
      const taken = readConfig('0', [command, ...flags], {});
      expect(Object.values(taken)).toMatchObject([{ command }]);
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${name}-pod`, namespace: api.namespace },
        spec: { ...spec, serviceAccountName: 'default' },
      };
      expect(await api.kubectl.feed('create', '--dry-run=server', pod)).toContain('created');
    }
  });
});

function withDefaultAccount(pod: KubeObject): KubeObject {
  const { spec } = pod as KubeObject & { spec: object };
  return { ...pod, spec: { ...spec, serviceAccountName: 'default' } } as KubeObject;
}

test('rendering it twice is the same: nothing is random', async () => {
  expect(await render()).toEqual(await render());
});

describe('with these values, left out of the webhook and of the guards', () => {
  const MORE = [setJson('exemptNamespaces', ['monitoring', 'kube-system'])];
  test.each<[values: string[], webhook: string[], guards: string[]]>([
    [[], ['RESCUE'], []],
    [NO_RESCUE, [], []],
    [MORE, ['monitoring', 'RESCUE'], ['monitoring']],
  ])('%j: besides kube-system and our own %j and %j', async (values, names, guards) => {
    const webhook = names.map((name) => (name === 'RESCUE' ? on.rescueNamespace : name));
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
    [
      'a label that is the chart’s own',
      [setJson('commonLabels', { 'helm.sh/chart': 'x' })],
      'commonLabels',
    ],
    [
      'a budget of no replica',
      ['--set=webhook.podDisruptionBudget.maxUnavailable=0'],
      'maxUnavailable',
    ],
    [
      'a budget that is no number',
      ['--set=webhook.podDisruptionBudget.maxUnavailable=all'],
      'maxUnavailable',
    ],
    [
      'to work for its own namespace',
      [setJson('namespaces', ['kube-system'])],
      'nothing is injected in kube-system',
    ],
    [
      'one namespace for what is tried out and for the release',
      ['--set=validation.namespace=given', '--namespace=given'],
      "validation.namespace is the release's",
    ],
    [
      'one namespace for what is tried out and for what is exempt',
      ['--set=validation.namespace=given', setJson('exemptNamespaces', ['given'])],
      'validation.namespace is among exemptNamespaces',
    ],
    [
      'one namespace for rescued volumes and for the release',
      ['--set=rescue.namespace=given', '--namespace=given'],
      "rescue.namespace is the release's",
    ],
    [
      'one namespace for rescued volumes and for what is tried out',
      ['--set=rescue.namespace=given,validation.namespace=given'],
      'rescue.namespace is validation.namespace',
    ],
    [
      'one namespace for rescued volumes and for what is exempt',
      ['--set=rescue.namespace=given', setJson('exemptNamespaces', ['given'])],
      'rescue.namespace is among exemptNamespaces',
    ],
    ['one port for two', ['--set=webhook.port=8080'], 'webhook.port and metricsPort are the same'],
    [
      'another heap than the limits are for',
      [setJson('env', [{ name: 'NODE_OPTIONS', value: '--expose-gc' }])],
      'env/0/name',
    ],
    [
      'what an older chart had no value for',
      ['--set=controllers.concurrency=null'],
      "'concurrency'",
    ],
    [
      'a hook of Helm’s on every Pod',
      [setJson('podAnnotations', { 'helm.sh/hook': 'test' })],
      'podAnnotations',
    ],
    ['half a replica', ['--set=webhook.replicas=1.5'], 'replicas'],
    ['a port of the system', ['--set=webhook.port=443'], 'webhook/port'],
    [
      'a selector that is none',
      [setJson('webhook.namespaceSelector', { logs: 'yes' })],
      'namespaceSelector',
    ],
    [
      'a requirement that there is not',
      [setJson('webhook.objectSelector.matchExpressions', [{ key: 'a', operator: 'Is' }])],
      'operator',
    ],
    [
      'a condition without a name',
      [setJson('webhook.matchConditions', [{ expression: 'true' }])],
      'name',
    ],
    [
      'a selector of guards that is none',
      [setJson('guards.objectSelector', { logs: 'yes' })],
      'guards/objectSelector',
    ],
    [
      "a condition that is called as the guards' own",
      [setJson('guards.matchConditions', [{ name: 'is-of-interest', expression: 'true' }])],
      "guards.matchConditions: is-of-interest is the name of a condition of the chart's own",
    ],
    [
      'a guard that hears of no failure',
      ['--set=guards.failurePolicy=Never'],
      'guards/failurePolicy',
    ],
    [
      'to audit with what denies',
      [setJson('guards.validationActions', ['Audit'])],
      "'validationActions'",
    ],
    [
      'an address that is none',
      [setJson('networkPolicy.apiServerCIDRs', ['kubernetes'])],
      'apiServerCIDRs',
    ],
    ['a drain without end', ['--set=webhook.drainSeconds=3600'], 'drainSeconds'],
    [
      'an eviction timeout without unit',
      ['--set=controllers.evictionTimeout=5'],
      'evictionTimeout',
    ],
    ['a digest that is none', ['--set=image.digest=latest'], 'digest'],
    ['a namespace for everything', ['--set=rescue.namespace=*'], 'rescue/namespace'],
    ['a value that there is not', ['--set=webhook.replica=3'], "'replica'"],
    ['a failurePolicy that there is not', ['--set=webhook.failurePolicy=Never'], 'failurePolicy'],
    ['a namespace that can be none', [setJson('exemptNamespaces', ['a"b'])], 'exemptNamespaces'],
    ['an instance that can be no name', ['--set=instance=Logs'], 'instance'],
    [
      'to do without certificate',
      ['--set=certificate.selfManaged.enabled=false'],
      'where is the certificate of the webhook from? Choose one',
    ],
    [
      'two certificates',
      [...GIVEN_CERTIFICATE, ...CERT_MANAGER],
      'certificate.certManager.enabled and certificate.secretName exclude each other',
    ],
    [
      'a CA without certificate',
      [GIVEN_CERTIFICATE[1] ?? ''],
      'certificate.caBundle is for the certificate in certificate.secretName',
    ],
    ['to do without CA', ['--set=certificate.secretName=x'], 'certificate.caBundle is needed'],
    [
      'a CA that is none',
      ['--set=certificate.secretName=x,certificate.caBundle=ca.crt'],
      'certificate/caBundle',
    ],
    ['an issuer without a name', issuer({ kind: 'ClusterIssuer' }), "missing property 'name'"],
    [
      'an issuer of a kind that cert-manager has not',
      issuer({ kind: 'IssuerCluster', name: 'ours' }),
      'issuerRef/kind',
    ],
    [
      'the same where its group is said',
      issuer({ kind: 'Vault', name: 'ours', group: 'cert-manager.io' }),
      'issuerRef/kind',
    ],
    ['more of an issuer than there is', issuer({ name: 'ours', namespace: 'x' }), "'namespace'"],
  ])('%s', async (_what, values, why) => {
    await expect(render(...values)).rejects.toThrow(why);
  });
});

test('helm lint finds no fault', async () => {
  expect(await helm('lint', '--strict', CHART, '--kube-version=1.36.0')).toContain(
    '0 chart(s) failed',
  );
});
