import { describe, expect, test } from '@jest/globals';
import type { Container, PodSpec } from '../../../src/api/pod.ts';
import type { Injection } from '../../../src/core/inject.ts';
import { validateFluentPVC } from '../../../src/core/validate.ts';
import { app, injected, injection, mount, sidecar, volume } from '../../support/injection.ts';
import { make } from '../../support/make.ts';

const theirs = { name: 'logs', emptyDir: {} };
const helper = make.container('helper', { volumeMounts: [{ name: 'logs', mountPath: '/mine' }] });
const raw = (name: string, container = 'app'): Container =>
  make.container(container, { volumeDevices: [{ name, devicePath: '/dev/x' }] });
const onlyApp: Injection = { ...injection('Native'), containers: ['app'], initContainers: [] };
const common: Injection = {
  ...onlyApp,
  volumes: [volume, { name: 'shared' }],
  mounts: [mount, { name: 'shared', mountPath: '/shared' }],
};
const taken = (use: 'mount' | 'device', container: string, name = 'logs'): object => ({
  outcome: 'volumeTaken',
  container,
  volume: name,
  use,
});

describe('refused is a Pod in which', () => {
  const cases: Record<string, { spec: PodSpec; what?: Injection; result: object }> = {
    'a container that gets nothing mounts a volume that ours replaces': {
      spec: { containers: [app, helper], volumes: [theirs] },
      result: taken('mount', 'helper'),
    },
    'an init container does': {
      spec: { containers: [app], initContainers: [helper], volumes: [theirs] },
      result: taken('mount', 'helper'),
    },
    'it is a common volume that replaces its own': {
      spec: {
        containers: [app, { ...helper, volumeMounts: [{ name: 'shared', mountPath: '/mine' }] }],
        volumes: [{ name: 'shared', emptyDir: {} } as { name: string }],
      },
      what: common,
      result: taken('mount', 'helper', 'shared'),
    },
    'a container uses the claim as a device': {
      spec: { containers: [raw('logs')] },
      result: taken('device', 'app'),
    },
    'a container that gets nothing does': {
      spec: { containers: [app, raw('logs', 'helper')] },
      result: taken('device', 'helper'),
    },
    'a container uses a volume as a device that we mount': {
      spec: { containers: [raw('shared')] },
      what: common,
      result: taken('device', 'app', 'shared'),
    },
    'a container uses a volume as a device that ours replaces, though nothing mounts ours': {
      spec: {
        containers: [raw('shared')],
        volumes: [{ name: 'shared', persistentVolumeClaim: { claimName: 'block' } }],
      },
      what: { ...common, mounts: [mount] },
      result: taken('device', 'app', 'shared'),
    },
    'the sidecar uses the claim as a device': {
      spec: { containers: [app] },
      what: {
        ...onlyApp,
        sidecar: { container: raw('logs', 'fluentd'), mode: 'Native', after: [] },
      },
      result: taken('device', 'fluentd'),
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, what = onlyApp, result }) => {
    expect(injected(spec, what)).toEqual(result);
  });
});

describe('left as it is, is', () => {
  const cases: Record<string, { spec: PodSpec; what?: Injection }> = {
    'a mount of a name that the Pod has no volume of: it has always meant ours': {
      spec: { containers: [app, helper] },
    },
    'a mount of a common volume that the Pod has word for word': {
      spec: {
        containers: [app, { ...helper, volumeMounts: [{ name: 'shared', mountPath: '/mine' }] }],
        volumes: [{ name: 'shared' }],
      },
      what: common,
    },
    'a device of a volume that is not ours': {
      spec: { containers: [app, raw('disk', 'helper')], volumes: [{ name: 'disk' }] },
    },
    'a device of a common volume that nothing of ours mounts': {
      spec: { containers: [app, raw('shared', 'helper')] },
      what: { ...common, mounts: [mount] },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, what = onlyApp }) => {
    expect(injected(spec, what).spec?.containers[1]).toEqual(spec.containers[1]);
  });
  test('nothing of a container that the sidecar replaces', () => {
    const old = { ...helper, name: sidecar.name };
    const spec = { containers: [app, old], volumes: [theirs] };
    expect(injected(spec, onlyApp).outcome).toBe('patch');
  });
});

test('a container that gets our mounts loses its own mounts of a replaced volume, and is told', () => {
  const spec = { containers: [{ ...helper, name: 'app' }], volumes: [theirs] };
  const result = injected(spec, onlyApp);
  expect(result.spec?.containers[0]?.volumeMounts).toEqual([mount]);
  expect(result.replaced).toEqual(['container "app": mount of volume "logs"', 'volume "logs"']);
});

describe('a FluentPVC is denied', () => {
  const fields = (change: object): string[] =>
    validateFluentPVC(make.fluentPVC({ spec: change })).problems.map(
      ({ field, message }) => `${field}: ${message}`,
    );
  test('whose sidecar uses its claim as a device', () => {
    expect(fields({ sidecarContainerTemplate: raw('logs', 'fluentd') })).toEqual([
      expect.stringMatching(
        /^spec\.sidecarContainerTemplate\.volumeDevices: container "fluentd" .*"logs" as a device/,
      ),
    ]);
  });
  test('whose drainer does', () => {
    const template = { spec: { restartPolicy: 'Never', containers: [raw('logs', 'drain')] } };
    expect(fields({ pvcFinalizerJobSpecTemplate: { template } })).toEqual([
      expect.stringMatching(/containers\[0\]\.volumeDevices: container "drain"/),
    ]);
  });
});
