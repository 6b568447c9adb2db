import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import { CHART, setJson } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import { openRendering, podOf, type Rendering } from './rendering.ts';

/* What values do that the API server alone could not tell from what they should. */
let on: Rendering;

shared(async (parts) => {
  on = await openRendering(parts);
});

async function ofKind(kind: string, ...values: string[]): Promise<string[]> {
  const objects = await on.render(...values);
  return objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name ?? '');
}

const pod = (name: string, ...values: string[]): ReturnType<typeof podOf> =>
  podOf(on, name, ...values);

async function object(kind: string, name: string, ...values: string[]): Promise<KubeObject> {
  const objects = await on.render(...values);
  const found = objects.find((one) => one.kind === kind && one.metadata.name?.endsWith(name));
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const NAME = 'mine-fluent-pvc-operator';
const BUDGET = 'podDisruptionBudget';

test.each<[called: string, values: string[], budgets: string[]]>([
  ['two replicas each', [], ['webhook', 'controllers']],
  ['one replica', ['--set=webhook.replicas=1,controllers.replicas=1'], []],
  ['one that is switched off', [`--set=webhook.${BUDGET}.enabled=false`], ['controllers']],
])('a budget for %s', async (_called, values, budgets) => {
  expect(await ofKind('PodDisruptionBudget', ...values)).toEqual(
    budgets.map((name) => `${NAME}-${name}`),
  );
});

test.each<[string, string[], string[]]>([
  [
    'are the two of empty namespaces, as long as nobody asks for more',
    [],
    ['rescue', 'validation'],
  ],
  [
    'are those of the Pods too, on demand',
    ['--set=networkPolicy.enabled=true'],
    ['checks', 'controllers', 'rescue', 'validation', 'webhook'],
  ],
  ['leave finalizer Jobs alone', ['--set=rescue.denyIngress=false'], ['validation']],
  [
    'are for who makes the namespaces to make',
    ['--set=rescue.create=false,validation.create=false'],
    [],
  ],
])('NetworkPolicies %s', async (_called, values, policies) => {
  const found = await ofKind('NetworkPolicy', ...values);
  expect(found.toSorted()).toEqual(policies.map((name) => `${NAME}-${name}`));
});

describe('the network of the nodes', () => {
  test('is not for the webhook, normally', async () => {
    expect(await pod('-webhook')).not.toHaveProperty('hostNetwork');
    expect(await object('Deployment', '-webhook')).toMatchObject({
      spec: { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
    });
  });

  test('is, where it is asked for: it finds Services there, and needs no node to spare', async () => {
    const given = ['--set=webhook.hostNetwork=true,webhook.port=10443'];
    expect(await pod('-webhook', ...given)).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
    });
    expect(await pod('-controllers', ...given)).not.toHaveProperty('hostNetwork');
    expect(await object('Deployment', '-webhook', ...given)).toMatchObject({
      spec: { strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } },
    });
  });
});

test('the webhook has more time to leave than it takes for it', async () => {
  const spec = await pod('-webhook', '--set=webhook.drainSeconds=60');
  expect(spec.containers[0]?.args).toContain('--drain-time=60s');
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60 + 15);
});

test.each<[string, string[], string[]]>([
  ['a class of the system is counted, as some clusters want it', [], [`${NAME}-critical-pods`]],
  ['another class is not', ['--set=priorityClassName=logs'], []],
])('%s', async (_called, values, quotas) => {
  expect(await ofKind('ResourceQuota', ...values)).toEqual(quotas);
});

test('the webhook is asked for less, and never for more', async () => {
  const configuration = (await object(
    'MutatingWebhookConfiguration',
    NAME,
    setJson('webhook.namespaceSelector', { matchLabels: { logs: 'yes' } }),
    setJson('webhook.objectSelector.matchExpressions', [{ key: 'skip', operator: 'DoesNotExist' }]),
    setJson('webhook.matchConditions', [{ name: 'a', expression: 'true' }]),
  )) as KubeObject & { webhooks: object[] };
  expect(configuration.webhooks).toMatchObject([
    {
      namespaceSelector: {
        matchLabels: { logs: 'yes' },
        matchExpressions: [{ operator: 'NotIn' }],
      },
      objectSelector: {
        matchExpressions: [{ operator: 'Exists' }, { key: 'skip', operator: 'DoesNotExist' }],
      },
      matchConditions: [{ name: 'a', expression: 'true' }],
    },
  ]);
});

/** All that narrows the guards. */
const NARROWED = [
  '--set=guards.failurePolicy=Ignore',
  setJson('guards.namespaceSelector', { matchLabels: { logs: 'yes' } }),
  setJson('guards.objectSelector.matchExpressions', [{ key: 'skip', operator: 'DoesNotExist' }]),
  setJson('guards.matchConditions', [{ name: 'a', expression: 'true' }]),
];

describe('the guards are narrowed', () => {
  test('besides what they always ask, and left as they are by the defaults', async () => {
    const claims = (...values: string[]): Promise<KubeObject> =>
      object('ValidatingAdmissionPolicy', '-claims', ...values);
    const own = [{ name: 'is-of-interest' }];
    expect(await claims()).toMatchObject({ spec: { matchConditions: own } });
    expect(await claims()).not.toHaveProperty('spec.matchConstraints.objectSelector');
    expect(await claims(...NARROWED)).toMatchObject({
      spec: { matchConditions: [...own, { name: 'a', expression: 'true' }] },
    });
  });

  test.each(['-bindings', '-dry-runs', '-certificate'])(
    'and %s is not: they keep the rights of the operator',
    async (name) => {
      const policy = (...values: string[]): Promise<KubeObject> =>
        object('ValidatingAdmissionPolicy', name, ...values);
      expect(await policy(...NARROWED)).toEqual(await policy());
    },
  );

  test('and the rescue namespace stays guarded, or it is said that it cannot', async () => {
    expect(await object('Namespace', '-rescue', ...NARROWED)).toMatchObject({
      metadata: { labels: { logs: 'yes' } },
    });
    const one = { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } };
    await expect(on.render(setJson('guards.namespaceSelector', one))).rejects.toThrow(
      'guards.namespaceSelector.matchLabels: kubernetes.io/metadata.name cannot be given to the rescue namespace',
    );
  });
});

/** What Helm says at the end of an installation with these values. */
async function told(...values: string[]): Promise<string> {
  const flags = ['--dry-run=client', '--output=json', '--take-ownership', ...values];
  const text = await on.helm('install', 'mine', CHART, `--namespace=${on.api.namespace}`, ...flags);
  return (JSON.parse(text) as { info: { notes: string } }).info.notes;
}

test('who narrows the guards is told what that means', async () => {
  const warning = 'what these values leave out is NOT guarded';
  for (const value of NARROWED) expect(await told(value)).toContain(warning);
  expect(await told()).not.toContain(warning);
});

test('who asks for alerts and not for the scrapes that they rest on, is told', async () => {
  const alerts = '--set=metrics.prometheusRule.enabled=true';
  const warning = 'metrics.prometheusRule is enabled and metrics.podMonitor is not';
  expect(await told(alerts)).toContain(warning);
  expect(await told(alerts, '--set=metrics.podMonitor.enabled=true')).not.toContain(warning);
  expect(await told()).not.toContain(warning);
});

test('who asks for alerts and does not say where their runbooks are read, is told', async () => {
  const alerts = '--set=metrics.prometheusRule.enabled=true';
  const warning = 'metrics.prometheusRule.runbooks is docs/runbooks.md, which is no address';
  expect(await told(alerts)).toContain(warning);
  const said = '--set=metrics.prometheusRule.runbooks=https://wiki.example.com/runbooks';
  expect(await told(alerts, said)).not.toContain(warning);
  expect(await told()).not.toContain(warning);
});

test('the check before an uninstallation knows whether definitions go as well', async () => {
  const args = async (...values: string[]): Promise<string[] | undefined> =>
    (await pod('-check-uninstall', ...values)).containers[0]?.args.slice(1);
  expect(await args()).not.toContain('--crds-go');
  expect(await args('--set=crds.keep=false')).toContain('--crds-go');
  expect(await ofKind('Job', '--set=uninstall.force=true')).toEqual([]);
});
