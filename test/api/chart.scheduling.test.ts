import { expect, test } from '@jest/globals';
import { setJson } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import { openRendering, podOf, type Rendering } from './rendering.ts';

/* Which nodes take the Pods of the chart. */
let on: Rendering;

shared(async (parts) => {
  on = await openRendering(parts);
});

const pod = (name: string, ...values: string[]): ReturnType<typeof podOf> =>
  podOf(on, name, ...values);

const NAME = 'mine-fluent-pvc-operator';

test('replicas prefer different zones; what is given instead finds them by itself', async () => {
  const [zones] = (await pod('-webhook')).topologySpreadConstraints ?? [];
  const labelSelector = {
    matchLabels: {
      'app.kubernetes.io/name': 'fluent-pvc-operator',
      'app.kubernetes.io/instance': NAME,
      'app.kubernetes.io/component': 'webhook',
    },
  };
  const topologyKey = 'topology.kubernetes.io/zone';
  expect(zones).toMatchObject({ topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector });
  const own = { matchLabels: { a: 'b' } };
  const given = setJson('topologySpreadConstraints', [
    { topologyKey: 'rack', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
    { topologyKey: 'row', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: own },
  ]);
  expect((await pod('-webhook', given)).topologySpreadConstraints).toMatchObject([
    { topologyKey: 'rack', labelSelector },
    { topologyKey: 'row', labelSelector: own },
  ]);
});

test.each([
  ['nodeSelector', { pool: 'system' }, { 'node-role.kubernetes.io/control-plane': '' }],
  ['tolerations', [{ key: 'system' }], [{ operator: 'Exists' }]],
  ['affinity', { nodeAffinity: {} }, { podAffinity: {} }],
])('what has a %s of its own has no other', async (value, general, own) => {
  for (const [component, other] of [
    ['webhook', 'controllers'],
    ['controllers', 'webhook'],
  ]) {
    const given = [setJson(value, general), setJson(`${component}.${value}`, own)];
    expect(await pod(`-${component}`, ...given)).toHaveProperty(value, own);
    expect(await pod(`-${other}`, ...given)).toHaveProperty(value, general);
  }
});

test.each([
  ['nodeSelector', { pool: 'system' }, { 'node-role.kubernetes.io/control-plane': '' }],
  ['tolerations', [{ key: 'system' }], [{ operator: 'Exists' }]],
])('the checks of Helm have the %s of the controllers', async (value, general, own) => {
  const given = [setJson(value, general), setJson(`controllers.${value}`, own)];
  for (const name of ['-check-install', '-check-uninstall']) {
    expect(await pod(name, ...given)).toHaveProperty(value, own);
    expect(await pod(name)).not.toHaveProperty(value);
  }
});
