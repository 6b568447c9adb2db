import { beforeAll, describe, expect, test } from '@jest/globals';
import { dump, loadAll } from 'js-yaml';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryCommand } from '../../e2e/cluster/commands.ts';
import { freePorts } from '../../e2e/cluster/free-ports.ts';
import { CHART, type Helm } from '../../e2e/helm.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { allMetrics } from '../support/all-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { runningPod } from './cycle.ts';
import { openApi, startOperator, type Api } from './harness.ts';
import { openHelm } from './installation.ts';

/* What Prometheus' own tool says of our metrics and rules, and what the chart makes of them. */
let api: Api;
let helm: Helm;
let folder: string;
let metricsPort: number;

shared(async (parts) => {
  api = await openApi(parts);
  helm = openHelm(api);
  folder = await mkdtemp(join(tmpdir(), 'monitoring-'));
  parts.defer(() => rm(folder, { recursive: true }));
  [metricsPort = 0] = await freePorts('127.0.0.1', 1);
  const operator = await startOperator(api, [`--metrics-port=${metricsPort}`]);
  parts.defer(() => operator.stop());
});

/** What the operator shows. */
async function shown(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
}

/** What promtool says, all of it; it finds nothing wrong, or the test fails. */
async function promtool(args: readonly string[], input?: string): Promise<string> {
  const { TEST_PROMTOOL: path = '' } = process.env;
  if (path === '') throw new Error('run the API tests with `npm run test:api [-- PATTERN]`');
  const options = input === undefined ? {} : { input };
  const { code, stdout, stderr } = await tryCommand(path, args, options);
  const said = `${stdout}\n${stderr}`.trim();
  expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  return said;
}

interface Rendered extends KubeObject {
  spec?: {
    groups?: { rules: { expr: string; annotations: Record<string, string> }[] }[];
    selector?: { matchLabels: Record<string, string> };
    podMetricsEndpoints?: object[];
    template?: {
      metadata: { labels: Record<string, string> };
      spec: { containers: { ports: { name: string }[] }[] };
    };
  };
  data?: Record<string, string>;
}

async function render(...values: readonly string[]): Promise<Rendered[]> {
  const version = (await api.client.version()).replace('v', '');
  const text = await helm(
    'template',
    'mine',
    CHART,
    `--kube-version=${version}`,
    '--namespace=ops',
    ...values,
  );
  return (loadAll(text) as (Rendered | null)[]).filter((object) => object !== null);
}

describe('promtool', () => {
  test('finds nothing wrong with what an operator that leads shows', async () => {
    await promtool(['check', 'metrics'], await shown());
  });
  test('finds nothing wrong with any metric there is', async () => {
    await promtool(['check', 'metrics'], await allMetrics());
  });
  test('has the tests of the alerts pass', async () => {
    const tests = join(import.meta.dirname, '../chart/alerts.test.yaml');
    expect(await promtool(['test', 'rules', tests])).toContain('SUCCESS');
  });
});

test('a Pod that runs is shown: that it was injected, and its claim, which is in use', async () => {
  await api.client.create(fluentPVC('measured'));
  await runningPod(api, 'measured');
  const lines = [
    'fluent_pvc_injections_total{fluentpvc="measured",result="injected"} 1',
    'fluent_pvc_bindings{fluentpvc="measured",phase="Ready"} 1',
    'fluent_pvc_undrained_claims{fluentpvc="measured",state="in_use"} 1',
    'fluent_pvc_undrained_claims{fluentpvc="measured",state="waiting"} 0',
    'fluent_pvc_data_given_up_total{fluentpvc="measured",reason="Lost"} 0',
    'leader_election_master_status{name="fluent-pvc-operator"} 1',
  ];
  await eventually('the operator to show it', async () => {
    const text = (await shown()).split('\n');
    const missing = lines.filter((line) => !text.includes(line));
    if (missing.length > 0) throw new Error(`missing: ${missing.join('; ')}`);
    return true;
  });
  const text = await shown();
  expect(text).toMatch(/^controller_runtime_reconcile_total\{.*"binding".*\} [1-9]/m);
  expect(text).toMatch(/^rest_client_requests_total\{code="201",method="POST",host=.*\} [1-9]/m);
  expect(text).toMatch(/^fluent_pvc_certificate_expiry_timestamp_seconds \d{10}/m);
});

test('nothing of it is made by default', async () => {
  const kinds = (await render()).map(({ kind }) => kind);
  expect(kinds).not.toContain('PodMonitor');
  expect(kinds).not.toContain('PrometheusRule');
  expect(kinds).not.toContain('ConfigMap');
});

describe('the chart', () => {
  let objects: Rendered[];
  const ofKind = (kind: string): Rendered => {
    const [object, ...others] = objects.filter((one) => one.kind === kind);
    expect(others).toEqual([]);
    if (object === undefined) throw new Error(`there is no ${kind}`);
    return object;
  };

  beforeAll(async () => {
    objects = await render(
      '--set=metrics.podMonitor.enabled=true,metrics.podMonitor.interval=30s',
      '--set=metrics.podMonitor.labels.release=kps,metrics.prometheusRule.labels.release=kps',
      '--set=metrics.prometheusRule.enabled=true,metrics.prometheusRule.runbooks=https://wiki/x',
      '--set=metrics.dashboard.enabled=true,metrics.dashboard.annotations.folder=ours',
    );
  });

  test('has Prometheus ask the Pods of both Deployments', () => {
    const { metadata, spec } = ofKind('PodMonitor');
    expect(metadata.labels).toMatchObject({ release: 'kps' });
    expect(spec?.podMetricsEndpoints).toEqual([{ port: 'metrics', interval: '30s' }]);
    const deployments = objects.filter(({ kind }) => kind === 'Deployment');
    expect(deployments).toHaveLength(2);
    for (const { spec: of } of deployments) {
      expect(of?.template?.metadata.labels).toMatchObject(spec?.selector?.matchLabels ?? {});
      const ports = of?.template?.spec.containers.flatMap((container) => container.ports) ?? [];
      expect(ports.map(({ name }) => name)).toContain('metrics');
    }
  });

  test('brings rules that promtool finds nothing wrong with, for this release', async () => {
    const { metadata, spec } = ofKind('PrometheusRule');
    expect(metadata.labels).toMatchObject({ release: 'kps' });
    const rules = (spec?.groups ?? []).flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(15);
    expect(JSON.stringify(spec)).not.toMatch(/RELEASE_|RUNBOOKS/);
    expect(rules.map(({ expr }) => expr).join()).toContain(
      'up{namespace="ops",pod=~"mine-fluent-pvc-operator-webhook-.+"}',
    );
    for (const { annotations } of rules) {
      expect(annotations.runbook_url).toMatch(/^https:\/\/wiki\/x#fluentpvc[a-z]+$/);
    }
    const file = join(folder, 'rules.yaml');
    await writeFile(file, dump(spec));
    expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', file])).toContain(
      `${rules.length} rules found`,
    );
  });

  test('brings the dashboard as it is, where the sidecar of Grafana finds it', async () => {
    const { metadata, data } = ofKind('ConfigMap');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(metadata.annotations).toEqual({ folder: 'ours' });
    const file = await readFile(join(CHART, 'files/dashboard.json'), 'utf8');
    expect(JSON.parse(data?.['fluent-pvc-operator.json'] ?? '')).toEqual(JSON.parse(file));
  });
});
