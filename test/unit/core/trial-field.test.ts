import { describe, expect, test } from '@jest/globals';
import type { Trial } from '../../../src/core/trial.ts';
import { fluentPVCField } from '../../../src/core/trial-field.ts';
import { make } from '../../support/make.ts';
import { trialOf, tried } from '../../support/tried.ts';

const JOB = 'spec.pvcFinalizerJobSpecTemplate';
const full = {
  commonEnvs: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
    { name: 'A', value: '3' },
  ],
  commonVolumes: [
    { name: 'one', emptyDir: {} },
    { name: 'two', emptyDir: {} },
  ],
  commonVolumeMounts: [
    { name: 'one', mountPath: '/one' },
    { name: 'logs', mountPath: '/again', subPath: 'a' },
  ],
  sidecarContainerTemplate: make.container('fluentd', {
    env: [
      { name: 'OWN', value: '1' },
      { name: 'B', value: 'mine' },
    ],
    volumeMounts: [{ name: 'two', mountPath: '/mine' }],
  }),
  pvcFinalizerJobSpecTemplate: {
    template: {
      spec: {
        restartPolicy: 'Never',
        initContainers: [make.container('wait')],
        containers: [
          make.container('drain', {
            env: [
              { name: 'A', value: 'mine' },
              { name: 'OWN', value: '1' },
            ],
            volumeMounts: [{ name: 'own', mountPath: '/own' }],
          }),
        ],
        volumes: [
          { name: 'own', emptyDir: {} },
          { name: 'one', emptyDir: {} },
        ],
      },
    },
  },
};

describe.each<[string, Trial['of'], object, Record<string, string | undefined>]>([
  [
    'the claim',
    'PVC',
    full,
    {
      spec: 'spec.pvcSpecTemplate',
      'spec.accessModes': 'spec.pvcSpecTemplate.accessModes',
      'spec.resources[storage]': 'spec.pvcSpecTemplate.resources[storage]',
      'metadata.labels': 'spec.pvcMetadata.labels',
      'metadata.annotations[a.b/c]': 'spec.pvcMetadata.annotations[a.b/c]',
      'metadata.name': undefined,
    },
  ],
  [
    'the Pod',
    'Pod',
    full,
    {
      'spec.initContainers[0].image': 'spec.sidecarContainerTemplate.image',
      'spec.initContainers[0]': 'spec.sidecarContainerTemplate',
      'spec.initContainers[0].resources.limits[cpu]':
        'spec.sidecarContainerTemplate.resources.limits[cpu]',
      // OWN, B of ours in its place, then A of ours: of two the last one.
      'spec.initContainers[0].env[0].name': 'spec.sidecarContainerTemplate.env[0].name',
      'spec.initContainers[0].env[1].value': 'spec.commonEnvs[1].value',
      'spec.initContainers[0].env[2].value': 'spec.commonEnvs[2].value',
      'spec.initContainers[0].env[9].value': undefined,
      'spec.initContainers[0].volumeMounts[0].name':
        'spec.sidecarContainerTemplate.volumeMounts[0].name',
      'spec.containers[0].env[0].value': 'spec.commonEnvs[2].value',
      'spec.containers[0].volumeMounts[0].mountPath': 'spec.commonVolumeMounts[0].mountPath',
      'spec.containers[0].volumeMounts[1].subPath': 'spec.commonVolumeMounts[1].subPath',
      'spec.containers[0].volumeMounts[2].mountPath': 'spec.pvcVolumeMountPath',
      'spec.containers[0].volumeMounts[2].name': 'spec.pvcVolumeName',
      'spec.volumes[1].emptyDir.sizeLimit': 'spec.commonVolumes[1].emptyDir.sizeLimit',
      'spec.volumes[2].name': 'spec.pvcVolumeName',
      'spec.volumes[9].name': undefined,
      'spec.containers[0].image': undefined,
      'spec.containers[7].image': undefined,
      'spec.restartPolicy': undefined,
      'metadata.name': undefined,
    },
  ],
  [
    'the Pod with a Regular sidecar',
    'Pod',
    { ...full, sidecarMode: 'Regular' },
    {
      'spec.containers[1].image': 'spec.sidecarContainerTemplate.image',
      'spec.containers[1].env[0].name': 'spec.sidecarContainerTemplate.env[0].name',
      'spec.containers[0].image': undefined,
      'spec.initContainers[0].image': undefined,
    },
  ],
  [
    'the Job',
    'Job',
    full,
    {
      'spec.backoffLimit': `${JOB}.backoffLimit`,
      'spec.template.metadata.labels': `${JOB}.template.metadata.labels`,
      'spec.template.spec.restartPolicy': `${JOB}.template.spec.restartPolicy`,
      'spec.template.spec.containers[0].image': `${JOB}.template.spec.containers[0].image`,
      'spec.template.spec.initContainers[0].image': `${JOB}.template.spec.initContainers[0].image`,
      // A of ours in its place, OWN, then B of ours.
      'spec.template.spec.containers[0].env[0].value': 'spec.commonEnvs[2].value',
      'spec.template.spec.containers[0].env[1].value': `${JOB}.template.spec.containers[0].env[1].value`,
      'spec.template.spec.containers[0].volumeMounts[0].name': `${JOB}.template.spec.containers[0].volumeMounts[0].name`,
      'spec.template.spec.containers[0].volumeMounts[3].mountPath': 'spec.pvcVolumeMountPath',
      'spec.template.spec.volumes[0].name': `${JOB}.template.spec.volumes[0].name`,
      'spec.template.spec.volumes[2].name': 'spec.commonVolumes[1].name',
      'spec.template.spec.volumes[3].name': 'spec.pvcVolumeName',
      // Somebody else's webhook may have added it.
      'spec.template.spec.containers[9].image': `${JOB}.template.spec.containers[9].image`,
      'metadata.name': undefined,
    },
  ],
])('a field of %s is behind', (_, of, spec, fields) => {
  const fluentPVC = tried(spec);
  const trial = trialOf(of, fluentPVC);
  test.each(Object.entries(fields))('%s: %s', (path, field) => {
    expect(fluentPVCField(fluentPVC.spec, trial, path)).toBe(field);
  });
});
