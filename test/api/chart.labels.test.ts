import { expect, test } from '@jest/globals';
import { setJson } from '../../e2e/helm.ts';
import { shared } from '../support/shared.ts';
import { openRendering, type Rendering } from './rendering.ts';

/* Labels that the chart puts on what it makes, and where several values give the same one. */
let on: Rendering;

shared(async (parts) => {
  on = await openRendering(parts);
});

test('labels for all are on all, but on definitions', async () => {
  const bare = (await on.render(setJson('commonLabels', { team: 'logs' }))).filter(
    ({ metadata }) => metadata.labels?.team !== 'logs',
  );
  expect(new Set(bare.map(({ kind }) => kind))).toEqual(new Set(['CustomResourceDefinition']));
});

test.each([
  ['rescue', 'guards', 'baseline'],
  ['validation', 'webhook', 'privileged'],
])(
  'the %s namespace has each label once, and what the selector of %s asks for',
  async (of, by, standard) => {
    const objects = await on.render(
      setJson('commonLabels', { team: 'logs', tier: '1', stage: 'test' }),
      setJson(`${by}.namespaceSelector`, { matchLabels: { team: 'shop', stage: '' } }),
    );
    const made = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata);
    expect(made.find(({ name }) => name?.endsWith(`-${of}`))?.labels).toEqual({
      'app.kubernetes.io/name': 'fluent-pvc-operator',
      'app.kubernetes.io/instance': 'mine-fluent-pvc-operator',
      'app.kubernetes.io/version': expect.any(String),
      'helm.sh/chart': expect.any(String),
      'pod-security.kubernetes.io/enforce': standard,
      team: 'shop',
      tier: '1',
      stage: '',
    });
  },
);

test('a namespace of another Pod Security Standard than its selector asks for is refused', async () => {
  const enforced = 'pod-security.kubernetes.io/enforce';
  const selector = setJson('guards.namespaceSelector', { matchLabels: { [enforced]: 'baseline' } });
  await expect(on.render(selector)).resolves.toBeDefined();
  await expect(on.render(selector, '--set=rescue.podSecurity=restricted')).rejects.toThrow(
    `guards.namespaceSelector.matchLabels asks for ${enforced}: baseline, and rescue.podSecurity is restricted`,
  );
});
