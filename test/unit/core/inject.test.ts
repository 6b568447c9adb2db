import { describe, expect, test } from '@jest/globals';
import type { PodSpec } from '../../../src/api/pod.ts';
import { applyOperations, inject, type Injection } from '../../../src/core/inject.ts';
import {
  app,
  env,
  init,
  injected,
  injection,
  mount,
  native,
  sidecar,
  volume,
  wears,
} from '../../support/injection.ts';

describe('what the Pod had under the same names gives way, and is told', () => {
  const cases: Record<string, { spec: PodSpec; after: PodSpec; replaced: string[] }> = {
    'an env of the same name': {
      spec: { containers: [{ ...app, env: [{ name: 'DIR', value: '/tmp' }, { name: 'X' }] }] },
      after: {
        containers: [{ ...app, env: [env, { name: 'X' }], volumeMounts: [mount] }],
        volumes: [volume],
      },
      replaced: ['container "app": env "DIR"'],
    },
    'a volume of the same name': {
      spec: { containers: [app], volumes: [{ name: 'x' }, { name: 'logs' }] },
      after: { containers: [wears(app)], volumes: [{ name: 'x' }, volume] },
      replaced: ['volume "logs"'],
    },
    'another mount of the volume': {
      spec: { containers: [{ ...app, volumeMounts: [{ name: 'logs', mountPath: '/mine' }] }] },
      after: { containers: [wears(app)], volumes: [volume] },
      replaced: ['container "app": mount of volume "logs"'],
    },
    'what an init container had': {
      spec: { containers: [app], initContainers: [{ ...init, env: [{ name: 'DIR' }] }] },
      after: {
        containers: [wears(app)],
        initContainers: [{ ...init, env: [env], volumeMounts: [mount] }],
        volumes: [volume],
      },
      replaced: ['container "init": env "DIR"'],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, after, replaced }) => {
    expect(injected(spec, injection())).toEqual({ outcome: 'patch', spec: after, replaced });
  });

  test('the operator tells what was and what is', () => {
    const was = { name: 'DIR', value: '/tmp' };
    const result = inject('/spec', { containers: [{ ...app, env: [was] }] }, injection());
    expect(result).toMatchObject({
      replaced: [{ what: 'container "app": env "DIR"', was, is: env }],
    });
  });
});

describe('a mount path that is taken', () => {
  const theirs = { name: 'mine', mountPath: '/logs' };
  const taken = (container: string, by = 'mine'): object => ({
    outcome: 'mountPathTaken',
    container,
    mount,
    by,
  });
  const cases: Record<string, { spec: PodSpec; what?: Injection; result: object }> = {
    'by a container': {
      spec: { containers: [app, { name: 'b', volumeMounts: [theirs] }] },
      result: taken('b'),
    },
    'by an init container': {
      spec: { containers: [app], initContainers: [{ name: 'b', volumeMounts: [theirs] }] },
      result: taken('b'),
    },
    'with a slash at the end': {
      spec: { containers: [{ name: 'b', volumeMounts: [{ ...theirs, mountPath: '/logs/' }] }] },
      result: taken('b'),
    },
    'where ours has the slash at the end': {
      spec: { containers: [{ name: 'b', volumeMounts: [theirs] }] },
      what: { ...injection(), mounts: [{ ...mount, mountPath: '/logs/' }] },
      result: { ...taken('b'), mount: { ...mount, mountPath: '/logs/' } },
    },
    'by the sidecar itself': {
      spec: { containers: [app] },
      what: {
        ...injection(),
        sidecar: { container: { ...sidecar, volumeMounts: [theirs] }, mode: 'Native', after: [] },
      },
      result: taken('fluentd'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, what = injection('Native'), result }) => {
    expect(inject('/spec', spec, what)).toEqual(result);
  });

  const free: Record<string, PodSpec> = {
    'not by a path below ours': {
      containers: [{ name: 'b', volumeMounts: [{ name: 'mine', mountPath: '/logs/deep' }] }],
    },
    'not by a path that only begins like ours': {
      containers: [{ name: 'b', volumeMounts: [{ name: 'mine', mountPath: '/logs2' }] }],
    },
    'not by our own volume': { containers: [{ name: 'b', volumeMounts: [mount] }] },
    'not by a container that the sidecar replaces': {
      containers: [app, { name: 'fluentd', volumeMounts: [theirs] }],
    },
  };
  test.each(Object.entries(free))('%s', (_, spec) => {
    expect(inject('/spec', spec, injection('Regular')).outcome).toBe('patch');
  });
});

test('a Pod that has it all costs one operation for the sidecar', () => {
  const spec = { containers: [wears(app)], volumes: [volume] };
  expect(inject('/spec', spec, injection('Native'))).toEqual({
    outcome: 'patch',
    operations: [{ op: 'add', path: '/spec/initContainers', value: [native] }],
    replaced: [],
  });
});

test('applyOperations leaves the document and the operations alone', () => {
  const document = { list: [1] };
  const value = { deep: [] as number[] };
  const result = applyOperations<{ list: unknown[] }>(document, [
    { op: 'add', path: '/list/-', value },
    { op: 'add', path: '/list/1/deep/-', value: 2 },
  ]);
  expect(result).toEqual({ list: [1, { deep: [2] }] });
  expect([document, value]).toEqual([{ list: [1] }, { deep: [] }]);
});
