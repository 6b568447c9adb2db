import { describe, expect, test } from '@jest/globals';
import { containerStatuses, hasEnded, mountsClaim, type PodStatus } from '../../../src/api/pod.ts';
import { make, NAME } from '../../support/make.ts';

const stopped = { name: 'x', state: make.terminated(0, 1) };
const runs = make.running('x');

describe('hasEnded', () => {
  const cases: Record<string, { status: PodStatus | undefined; ended: boolean }> = {
    'not while it is pending': { status: { phase: 'Pending' }, ended: false },
    'not while it runs': {
      status: { phase: 'Running', containerStatuses: [stopped] },
      ended: false,
    },
    'not without a phase': { status: {}, ended: false },
    'when it succeeded and nothing runs': {
      status: { phase: 'Succeeded', containerStatuses: [stopped] },
      ended: true,
    },
    'when it failed and nothing runs': {
      status: { phase: 'Failed', containerStatuses: [stopped] },
      ended: true,
    },
    'when it failed before it had containers': { status: { phase: 'Failed' }, ended: true },
    'when a container only waits': {
      status: { phase: 'Failed', containerStatuses: [{ name: 'x', state: { waiting: {} } }] },
      ended: true,
    },
    'not while an app container of an evicted Pod runs': {
      status: { phase: 'Failed', containerStatuses: [stopped, runs] },
      ended: false,
    },
    'not while an init container runs': {
      status: { phase: 'Failed', initContainerStatuses: [runs] },
      ended: false,
    },
    'not while an ephemeral container runs': {
      status: { phase: 'Succeeded', ephemeralContainerStatuses: [runs] },
      ended: false,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { status, ended }) => {
    const { status: _status, ...pod } = make.pod();
    expect(hasEnded(status === undefined ? pod : { ...pod, status })).toBe(ended);
  });
});

test('containerStatuses holds init, app and ephemeral containers', () => {
  const pod = make.pod({
    status: {
      containerStatuses: [make.running('app')],
      initContainerStatuses: [make.running('init')],
      ephemeralContainerStatuses: [make.running('debug')],
    },
  });
  expect(containerStatuses(pod).map(({ name }) => name)).toEqual(['init', 'app', 'debug']);
  expect(containerStatuses(make.newPod())).toEqual([]);
});

describe('mountsClaim', () => {
  const volume = { name: 'v', persistentVolumeClaim: { claimName: NAME } };
  const cases = {
    'when a volume names the claim': { volumes: [{ name: 'a' }, volume], mounts: true },
    'not when the volume names another claim': {
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'other' } }],
      mounts: false,
    },
    'not when a volume only has the name of the claim': {
      volumes: [{ name: NAME }],
      mounts: false,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { volumes, mounts }) => {
    expect(mountsClaim(make.pod({ spec: { volumes } }), NAME)).toBe(mounts);
  });
  test('not without volumes', () => {
    expect(mountsClaim(make.newPod(), NAME)).toBe(false);
  });
});
