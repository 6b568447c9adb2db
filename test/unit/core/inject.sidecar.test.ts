import { describe, expect, test } from '@jest/globals';
import type { Container, PodSpec } from '../../../src/api/pod.ts';
import { inject } from '../../../src/core/inject.ts';
import {
  app,
  dressed,
  init,
  injected,
  injection,
  native,
  sidecar,
  volume,
  wears,
} from '../../support/injection.ts';
import { make } from '../../support/make.ts';

describe('where the sidecar goes', () => {
  interface Case {
    mode: 'Native' | 'Regular';
    spec: PodSpec;
    containers: Container[];
    initContainers?: Container[];
    replaced?: string[];
  }
  const proxy = make.container('istio-proxy', { restartPolicy: 'Always' });
  const init2 = make.container('init-2');
  const stray = make.container('fluentd', { image: 'stray' });
  const cases: Record<string, Case> = {
    'native: the only init container of a Pod that had none': {
      mode: 'Native',
      spec: { containers: [app] },
      containers: [wears(app)],
      initContainers: [native],
    },
    'native: before the init containers of the Pod': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [init] },
      containers: [wears(app)],
      initContainers: [native, wears(init)],
    },
    'native: also into an empty list': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [] },
      containers: [wears(app)],
      initContainers: [native],
    },
    'native: to the front, where one of its name stood behind': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [init, stray] },
      containers: [wears(app)],
      initContainers: [native, wears(init)],
      replaced: ['container "fluentd"'],
    },
    'native: in the place of one of its name at the front': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [stray, init] },
      containers: [wears(app)],
      initContainers: [native, wears(init)],
      replaced: ['container "fluentd"'],
    },
    'native: after the proxy of a mesh': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [init, proxy, init2] },
      containers: [wears(app)],
      initContainers: [wears(init), wears(proxy), native, wears(init2)],
    },
    'native: after the proxy of a mesh, where one of its name stood before it': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [stray, proxy] },
      containers: [wears(app)],
      initContainers: [wears(proxy), native],
      replaced: ['container "fluentd"'],
    },
    'native: after the proxy of a mesh, in the place of one of its name': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [proxy, stray] },
      containers: [wears(app)],
      initContainers: [wears(proxy), native],
      replaced: ['container "fluentd"'],
    },
    'native: not after a mesh that only has something to prepare': {
      mode: 'Native',
      spec: { containers: [app], initContainers: [make.container('istio-proxy')] },
      containers: [wears(app)],
      initContainers: [native, wears(make.container('istio-proxy'))],
    },
    'native: instead of a container of its name among the others': {
      mode: 'Native',
      spec: { containers: [app, stray] },
      containers: [wears(app)],
      initContainers: [native],
      replaced: ['container "fluentd"'],
    },
    'regular: after the containers of the Pod': {
      mode: 'Regular',
      spec: { containers: [app], initContainers: [init] },
      containers: [wears(app), dressed],
      initContainers: [wears(init)],
    },
    'regular: in the place of a container of its name': {
      mode: 'Regular',
      spec: { containers: [app, stray, make.container('late')] },
      containers: [wears(app), dressed, wears(make.container('late'))],
      replaced: ['container "fluentd"'],
    },
    'regular: instead of an init container of its name': {
      mode: 'Regular',
      spec: { containers: [app], initContainers: [stray, init] },
      containers: [wears(app), dressed],
      initContainers: [wears(init)],
      replaced: ['container "fluentd"'],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { mode, spec, replaced = [], ...lists }) => {
    expect(injected(spec, injection(mode))).toEqual({
      outcome: 'patch',
      spec: { ...spec, ...lists, volumes: [volume] },
      replaced,
    });
  });

  test.each(['Native', 'Regular'] as const)('%s: not into a Pod of nothing else', (mode) => {
    expect(inject('/spec', { containers: [stray] }, injection(mode))).toEqual({
      outcome: 'noContainerLeft',
      sidecar: 'fluentd',
    });
  });

  test('nowhere, for a finalizer Job', () => {
    expect(injected({ containers: [app] }, injection())).toEqual({
      outcome: 'patch',
      spec: { containers: [wears(app)], volumes: [volume] },
      replaced: [],
    });
  });

  test('the template of the sidecar stays as it was', () => {
    const before = structuredClone(sidecar);
    injected({ containers: [app] }, injection('Native'));
    expect(sidecar).toEqual(before);
  });
});
