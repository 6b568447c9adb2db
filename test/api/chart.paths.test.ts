import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaves, type ValuesSchema } from '../../hack/values.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { CHART, setJson } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import {
  at,
  expectAt,
  flag,
  inConfigurations,
  inContainers,
  inControllers,
  inDeployments,
  inGuards,
  inPods,
  inPolicies,
  inSmallContainers,
  listens,
  type Place,
} from './placing.ts';
import { openRendering, type Rendering } from './rendering.ts';

/*
 * Where each value ends up. All of them are given at once, each another than by default, and rendered
 * once: a line of a template that is lost fails the row of its value.
 */
let on: Rendering;
let objects: KubeObject[];

shared(async (parts) => {
  on = await openRendering(parts);
  objects = await on.render(...SWITCHES, ...ROWS.map(([value, given]) => setJson(value, given)));
});

/** They make what some values are of. */
const SWITCHES = [
  '--set=certificate.certManager.enabled=true,networkPolicy.enabled=true',
  '--set=metrics.podMonitor.enabled=true,metrics.prometheusRule.enabled=true',
  '--set=metrics.dashboard.enabled=true',
];

const MARK = { 'example.com/marked': 'yes' };
const marked = expect.objectContaining(MARK);
const FOR_ALL = { 'example.com/all': 'yes' };
const FOLDER = { grafana_dashboard: 'other', ...MARK };
const DIGEST = `sha256:${'1'.repeat(64)}`;
const IMAGE = `registry.example.com/x@${DIGEST}`;
const ENV = [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com' }];
const RESOURCES = { limits: { memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } };
const PEERS = [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }];
const EGRESS = { ports: [{ port: 4317 }] };
const ADDRESS = { ipBlock: { cidr: '10.0.0.1/32' } };
const SKIP = { key: 'skip', operator: 'DoesNotExist' };
const NOT_NAMED = expect.objectContaining({ operator: 'NotIn' });
const CONDITIONS = [{ name: 'not-by-root', expression: 'request.userInfo.username != "root"' }];
const RUNBOOKS = 'https://wiki.example.com';
const runbook = expect.stringContaining(`${RUNBOOKS}#`);
const ENFORCED = ['metadata', 'labels', 'pod-security.kubernetes.io/enforce'];

const ROWS: [value: string, given: unknown, ...places: Place[]][] = [
  ['commonLabels', FOR_ALL, at('Service', 'metadata.labels', expect.objectContaining(FOR_ALL))],
  ['image.repository', 'registry.example.com/x', ...inContainers('image', IMAGE)],
  ['image.digest', DIGEST, ...inContainers('image', IMAGE)],
  ['image.pullPolicy', 'Always', ...inContainers('imagePullPolicy')],
  ['imagePullSecrets', [{ name: 'pull' }], at('ServiceAccount', 'imagePullSecrets')],
  ['sidecarMode', 'Regular', ...flag('--sidecar-mode=Regular')],
  [
    'podDeletionTrigger',
    'SidecarTermination',
    ...flag('--pod-deletion-trigger=SidecarTermination'),
  ],
  ['logLevel', 'debug', ...flag('--log-level=debug')],
  ['webhook.replicas', 3, at('Deployment -webhook', 'spec.replicas')],
  ['webhook.timeoutSeconds', 7, ...inConfigurations('timeoutSeconds')],
  [
    'webhook.reinvocationPolicy',
    'IfNeeded',
    at('MutatingWebhookConfiguration', 'webhooks[0].reinvocationPolicy'),
  ],
  [
    'webhook.port',
    10443,
    ...flag('--webhook-port=10443', 'webhook'),
    ...listens(10443, 'webhook'),
    at('NetworkPolicy -webhook', 'spec.ingress[0].ports[0].port'),
  ],
  [
    'webhook.service.port',
    8443,
    at('Service -webhook', 'spec.ports[0].port'),
    ...inConfigurations('clientConfig.service.port'),
  ],
  ['webhook.service.annotations', MARK, at('Service -webhook', 'metadata.annotations')],
  ['webhook.dnsPolicy', 'Default', at('Deployment -webhook', 'spec.template.spec.dnsPolicy')],
  [
    'webhook.podDisruptionBudget.maxUnavailable',
    '30%',
    at('PodDisruptionBudget -webhook', 'spec.maxUnavailable'),
  ],
  ['webhook.resources', RESOURCES, ...inSmallContainers('resources')],
  ['controllers.replicas', 4, at('Deployment -controllers', 'spec.replicas')],
  ['controllers.concurrency', 9, ...flag('--concurrency=9', 'controllers')],
  ['controllers.evictionTimeout', '30s', ...flag('--eviction-timeout=30s', 'controllers')],
  [
    'controllers.podDisruptionBudget.maxUnavailable',
    2,
    at('PodDisruptionBudget -controllers', 'spec.maxUnavailable'),
  ],
  ['controllers.resources', RESOURCES, inControllers('resources')],
  ['guards.failurePolicy', 'Ignore', ...inGuards('failurePolicy')],
  [
    'guards.namespaceSelector',
    { matchLabels: MARK, matchExpressions: [SKIP] },
    ...inGuards('matchConstraints.namespaceSelector', {
      matchLabels: MARK,
      matchExpressions: [NOT_NAMED, SKIP],
    }),
    at('Namespace -rescue', 'metadata.labels', marked),
  ],
  [
    'guards.objectSelector',
    { matchLabels: MARK, matchExpressions: [SKIP] },
    ...inGuards('matchConstraints.objectSelector'),
  ],
  [
    'guards.matchConditions',
    CONDITIONS,
    ...inGuards('matchConditions', expect.arrayContaining(CONDITIONS)),
  ],
  [
    'metricsPort',
    9090,
    ...flag('--metrics-port=9090'),
    ...listens(9090),
    at('NetworkPolicy -webhook', 'spec.ingress[1].ports[0].port'),
    at('NetworkPolicy -controllers', 'spec.ingress[0].ports[0].port'),
  ],
  ['metrics.podMonitor.interval', '17s', at('PodMonitor', 'spec.podMetricsEndpoints[0].interval')],
  ['metrics.podMonitor.labels', MARK, at('PodMonitor', 'metadata.labels', marked)],
  [
    'metrics.prometheusRule.runbooks',
    RUNBOOKS,
    at('PrometheusRule', 'spec.groups[0].rules[0].annotations.runbook_url', runbook),
  ],
  ['metrics.prometheusRule.labels', MARK, at('PrometheusRule', 'metadata.labels', marked)],
  [
    'metrics.dashboard.labels',
    FOLDER,
    at('ConfigMap -dashboard', 'metadata.labels', expect.objectContaining(FOLDER)),
  ],
  ['metrics.dashboard.annotations', MARK, at('ConfigMap -dashboard', 'metadata.annotations')],
  ['nodeSelector', MARK, ...inPods('spec.nodeSelector')],
  ['tolerations', [{ operator: 'Exists' }], ...inPods('spec.tolerations')],
  ['affinity', { nodeAffinity: {} }, ...inDeployments('spec.affinity')],
  ['priorityClassName', 'logs', ...inDeployments('spec.priorityClassName')],
  ['podLabels', MARK, ...inPods('metadata.labels', marked)],
  ['podAnnotations', MARK, ...inPods('metadata.annotations', marked)],
  ['deploymentAnnotations', MARK, at('Deployment', 'metadata.annotations')],
  ['env', ENV, ...inContainers('env', expect.arrayContaining(ENV))],
  ['networkPolicy.apiServerPorts', [7443], ...inPolicies('spec.egress[1].ports', [{ port: 7443 }])],
  [
    'networkPolicy.apiServerCIDRs',
    [ADDRESS.ipBlock.cidr],
    ...inPolicies('spec.egress[1].to', [ADDRESS]),
  ],
  [
    'networkPolicy.metricsFrom',
    PEERS,
    at('NetworkPolicy -webhook', 'spec.ingress[1].from'),
    at('NetworkPolicy -controllers', 'spec.ingress[0].from'),
  ],
  [
    'networkPolicy.extraEgress',
    [EGRESS],
    at('NetworkPolicy -webhook', 'spec.egress[2]', EGRESS),
    at('NetworkPolicy -controllers', 'spec.egress[2]', EGRESS),
  ],
  [
    'certificate.certManager.issuerRef',
    { kind: 'ClusterIssuer', name: 'ours' },
    at('Certificate -webhook', 'spec.issuerRef'),
  ],
  ['certificate.certManager.duration', '720h', at('Certificate -webhook', 'spec.duration')],
  ['validation.podSecurity', 'baseline', at('Namespace -validation', ENFORCED)],
  ['rescue.podSecurity', 'restricted', at('Namespace -rescue', ENFORCED)],
];

describe('what is rendered has', () => {
  test.each(ROWS)('%s', (_value, given, ...places) => {
    for (const place of places) expectAt(objects, place, given);
  });
});

test('without a digest the tag says which image', async () => {
  const tagged = await on.render('--set=image.tag=7.7');
  for (const place of inContainers('image')) expectAt(tagged, place, 'fluent-pvc-operator:7.7');
});

/** What other tests are about: whole objects, and names that the rendering gives itself. */
const ELSEWHERE = [
  ...['certificate.caBundle', 'certificate.certManager.enabled', 'certificate.secretName'],
  ...['certificate.selfManaged.enabled', 'controllers.podDisruptionBudget.enabled'],
  ...['crds.enabled', 'crds.keep', 'exemptNamespaces', 'image.tag', 'instance'],
  ...['metrics.dashboard.enabled', 'metrics.podMonitor.enabled', 'metrics.prometheusRule.enabled'],
  ...['namespaces', 'networkPolicy.enabled', 'rescue.create', 'rescue.denyIngress'],
  ...['rescue.enabled', 'rescue.namespace', 'topologySpreadConstraints', 'uninstall.force'],
  ...['validation.create', 'validation.namespace', 'webhook.drainSeconds', 'webhook.failurePolicy'],
  ...['webhook.hostNetwork', 'webhook.matchConditions', 'webhook.namespaceSelector'],
  ...['webhook.objectSelector', 'webhook.podDisruptionBudget.enabled'],
  ...['webhook', 'controllers'].flatMap((component) =>
    ['nodeSelector', 'tolerations', 'affinity'].map((value) => `${component}.${value}`),
  ),
];

test('each value of the chart has its row, or a test elsewhere', () => {
  const text = readFileSync(join(CHART, 'values.schema.json'), 'utf8');
  const all = leaves(JSON.parse(text) as ValuesSchema).map(([value]) => value);
  const held = [...ROWS.map(([value]) => value), ...ELSEWHERE];
  expect(held.toSorted()).toEqual(all.toSorted());
});
