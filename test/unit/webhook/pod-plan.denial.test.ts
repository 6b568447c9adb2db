import { describe, expect, test } from '@jest/globals';
import { MAX_SNAPSHOT_LENGTH } from '../../../src/api/binding.ts';
import type { FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import { labels } from '../../../src/api/names.ts';
import { podPlan, type PodObservation } from '../../../webhook/pod-plan.ts';
import { at, make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

function plan(change: Partial<PodObservation> = {}): ReturnType<typeof podPlan> {
  return podPlan({
    now: T0,
    request: { uid: 'request-uid', namespace: 'shop' },
    pod: make.newPod(),
    fluentPVC: make.fluentPVC(),
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival: undefined,
    defaults: make.defaults,
    ...change,
  });
}
const withSpec = (spec: Partial<FluentPVCSpec>): Partial<PodObservation> => ({
  fluentPVC: make.fluentPVC({ spec }),
});

describe('denied, with nothing to write, is a Pod', () => {
  const at200 = 'x'.repeat(MAX_SNAPSHOT_LENGTH);
  interface Case {
    change: Partial<PodObservation>;
    reason: string;
    code: number;
    says: string[];
  }
  const cases: Record<string, Case> = {
    'whose FluentPVC does not exist': {
      change: { fluentPVC: undefined },
      reason: 'FluentPVCNotFound',
      code: 422,
      says: ['"logs"', labels.fluentPVC],
    },
    'whose FluentPVC is being deleted': {
      change: { fluentPVC: make.fluentPVC({ metadata: { deletionTimestamp: at(1) } }) },
      reason: 'FluentPVCDeleting',
      code: 409,
      says: ['"logs"'],
    },
    'whose FluentPVC is older than the rules': {
      change: withSpec({ pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], volumeName: 'pv' } }),
      reason: 'FluentPVCInvalid',
      code: 422,
      says: ['"logs"', 'spec.pvcSpecTemplate.volumeName'],
    },
    'that mounts something else at our path': {
      change: {
        pod: make.newPod({
          spec: {
            containers: [
              make.container('app', {
                volumeMounts: [{ name: 'mine', mountPath: '/var/log/app' }],
              }),
            ],
          },
        }),
      },
      reason: 'MountPathTaken',
      code: 422,
      says: ['"app"', '"mine"', '/var/log/app', '"logs"'],
    },
    'in which a container that is left out mounts a volume that ours replaces': {
      change: {
        ...withSpec({ injection: { containers: ['app'] } }),
        pod: make.newPod({
          spec: {
            containers: [
              make.container('app'),
              make.container('helper', { volumeMounts: [{ name: 'logs', mountPath: '/mine' }] }),
            ],
            volumes: [{ name: 'logs' }],
          },
        }),
      },
      reason: 'VolumeTaken',
      code: 422,
      says: ['container "helper" mounts volume "logs"', 'FluentPVC "logs"', 'spec.injection'],
    },
    'in which a container uses our volume as a device': {
      change: {
        pod: make.newPod({
          spec: {
            containers: [
              make.container('app', { volumeDevices: [{ name: 'logs', devicePath: '/dev/x' }] }),
            ],
          },
        }),
      },
      reason: 'VolumeTaken',
      code: 422,
      says: ['container "app" uses volume "logs"', 'as a device (volumeDevices)'],
    },
    'that lacks a volume which the sidecar mounts': {
      change: withSpec({
        sidecarContainerTemplate: make.container('fluentd', {
          volumeMounts: [{ name: 'certs', mountPath: '/certs' }],
        }),
      }),
      reason: 'VolumeMissing',
      code: 422,
      says: ['FluentPVC "logs" mounts volume "certs"', 'nor the Pod'],
    },
    'that lacks a volume which all containers mount': {
      change: withSpec({ commonVolumeMounts: [{ name: 'certs', mountPath: '/certs' }] }),
      reason: 'VolumeMissing',
      code: 422,
      says: ['volume "certs"'],
    },
    'that has no container besides the sidecar': {
      change: { pod: make.newPod({ spec: { containers: [make.container('fluentd')] } }) },
      reason: 'NoContainerLeft',
      code: 422,
      says: ['"fluentd"', '"logs"'],
    },
    'whose snapshot is too large': {
      change: {
        ...withSpec({ commonEnvs: [{ name: 'LONG', value: at200.slice(2_000) }] }),
        pod: make.newPod({
          spec: { containers: [make.container('app')], tolerations: [{ key: 'x'.repeat(2_000) }] },
        }),
      },
      reason: 'SnapshotTooLarge',
      code: 422,
      says: ['"logs"', String(MAX_SNAPSHOT_LENGTH)],
    },
    'whose FluentPVC alone is too large, in bytes': {
      change: withSpec({ commonEnvs: [{ name: 'LONG', value: 'ü'.repeat(40_000) }] }),
      reason: 'FluentPVCInvalid',
      code: 422,
      says: ['move what is long into a ConfigMap'],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { change, reason, code, says }) => {
    const { answer, writes } = plan(change);
    expect(answer).toMatchObject({ allowed: false, denial: { reason, code } });
    const text = answer.allowed ? '' : answer.denial.message;
    for (const part of says) expect(text).toContain(part);
    expect(writes).toEqual([]);
  });
});
