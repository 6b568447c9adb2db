import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import { setJson } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import { openRendering, podsOf, type Rendering, type Workload } from './rendering.ts';

/* The Pods of the chart: of both Deployments, and of the checks that Helm runs. */
let on: Rendering;

shared(async (parts) => {
  on = await openRendering(parts);
});

const NAME = 'mine-fluent-pvc-operator';
const HEAP = '--max-old-space-size-percentage=50 --max-semi-space-size=4';

test('each run of the program keeps its heap below its limit, and writes to no file', async () => {
  const pods = podsOf(await on.render());
  expect(pods.map(({ name }) => name.replace(`${NAME}-`, '')).toSorted()).toEqual([
    'check-install',
    'check-uninstall',
    'controllers',
    'webhook',
  ]);
  for (const { spec } of pods) {
    const option = { name: 'NODE_OPTIONS', value: HEAP };
    expect(spec.containers[0]?.env).toContainEqual(option);
    expect(spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  }
});

test('each has the labels and annotations for all, whoever runs it', async () => {
  const pods = podsOf(
    await on.render(
      setJson('commonLabels', { team: 'logs', tier: 'all' }),
      setJson('podLabels', { tier: 'pods', 'sidecar.istio.io/inject': 'false' }),
      setJson('podAnnotations', { 'linkerd.io/inject': 'disabled' }),
    ),
  );
  expect(pods).toHaveLength(4);
  for (const { metadata } of pods) {
    expect(metadata).toMatchObject({
      labels: { team: 'logs', tier: 'pods', 'sidecar.istio.io/inject': 'false' },
      annotations: { 'linkerd.io/inject': 'disabled' },
    });
  }
});

test('what selects the Pods of a Deployment selects no others, and none that Helm runs', async () => {
  const objects = await on.render(
    '--set=networkPolicy.enabled=true',
    setJson('commonLabels', { team: 'logs' }),
    setJson('podLabels', { tier: 'pods' }),
  );
  const pods = podsOf(objects);
  const found = objects.flatMap((one) => {
    const labels = selectedBy(one);
    if (labels === undefined || !/-(webhook|controllers)$/.test(one.metadata.name ?? '')) return [];
    const isSelected = ({ metadata }: Workload): boolean =>
      Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
    return [[one.kind, one.metadata.name, pods.filter(isSelected).map(({ name }) => name)]];
  });
  const each = (kind: string): unknown[] =>
    [`${NAME}-controllers`, `${NAME}-webhook`].map((name) => [kind, name, [name]]);
  expect(found).toHaveLength(7);
  expect(found).toEqual(
    expect.arrayContaining([
      ...each('Deployment'),
      ...each('NetworkPolicy'),
      ...each('PodDisruptionBudget'),
      ['Service', `${NAME}-webhook`, [`${NAME}-webhook`]],
    ]),
  );
});

/** Labels that a Pod must have to be its, where it selects Pods at all. */
function selectedBy(object: KubeObject): Record<string, string> | undefined {
  type Labels = Record<string, string>;
  const { spec } = object as { spec?: { selector?: object; podSelector?: object } };
  const selector = spec?.selector ?? spec?.podSelector;
  if (selector === undefined) return undefined;
  return 'matchLabels' in selector ? (selector.matchLabels as Labels) : (selector as Labels);
}

test('each Pod gets the token that it asks the API server with, and no list of Services', async () => {
  for (const { spec } of podsOf(await on.render())) {
    expect(spec).toMatchObject({ automountServiceAccountToken: true, enableServiceLinks: false });
  }
});
