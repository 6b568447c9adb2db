import { describe, expect, test } from '@jest/globals';
import { GROUP } from '../../../src/api/names.ts';
import { buildTrials } from '../../../src/core/trial.ts';
import { make } from '../../support/make.ts';
import { trialOf, tried } from '../../support/tried.ts';

const common = {
  commonEnvs: [{ name: 'A', value: '1' }],
  commonVolumes: [{ name: 'tmp', emptyDir: {} }],
  commonVolumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
};
const mounts = [
  { name: 'tmp', mountPath: '/tmp' },
  { name: 'logs', mountPath: '/var/log/app' },
];

test('claim, Job and Pod are tried, under generated names, with nothing of ours', () => {
  const trials = buildTrials(tried(common), 'trials', make.defaults);
  expect(trials.map(({ of }) => of)).toEqual(['PVC', 'Job', 'Pod']);
  for (const { object } of trials) {
    expect(object.metadata).toEqual({
      generateName: 'fluent-pvc-validation-',
      namespace: 'trials',
      labels: {},
      annotations: {},
    });
  }
});

test('only the Pods of the Job, which nobody makes, would be labelled', () => {
  const trials = buildTrials(tried(common), 'trials', make.defaults);
  for (const { of, object } of trials) {
    const text = JSON.stringify(object).replace(`"${GROUP}/finalizer-job-of"`, '');
    expect([of, text.includes(GROUP)]).toEqual([of, false]);
  }
});

test('the claim is as the template says, fields of the future included', () => {
  const template = { accessModes: ['ReadWriteOnce'], future: { a: 1 } };
  const { object } = trialOf('PVC', tried({ pvcSpecTemplate: template }));
  expect(object.spec).toEqual(template);
});

test('the Job has what a finalizer Job gets', () => {
  const { spec } = trialOf('Job', tried(common)).object;
  expect(spec.template.spec.containers).toMatchObject([
    { name: 'drain', env: common.commonEnvs, volumeMounts: mounts },
  ]);
  expect(spec.template.spec.volumes?.map(({ name }) => name)).toEqual(['tmp', 'logs']);
  expect(spec).toMatchObject({ podReplacementPolicy: 'Failed' });
});

describe('the Pod has an app beside the sidecar', () => {
  const native = { name: 'fluentd', restartPolicy: 'Always', volumeMounts: mounts };
  test('that is Native when the FluentPVC is silent', () => {
    const { spec } = trialOf('Pod', tried(common)).object;
    expect(spec.initContainers).toMatchObject([native]);
    expect(spec.containers).toMatchObject([{ name: 'app', volumeMounts: mounts }]);
  });
  test('that is Regular', () => {
    const { spec } = trialOf('Pod', tried({ ...common, sidecarMode: 'Regular' })).object;
    expect(spec.containers.map(({ name }) => name)).toEqual(['app', 'fluentd']);
  });
  test('that is called as the app is', () => {
    const sidecarContainerTemplate = make.container('app');
    const { spec } = trialOf('Pod', tried({ sidecarContainerTemplate })).object;
    expect(spec.initContainers?.map(({ name }) => name)).toEqual(['app']);
    expect(spec.containers.map(({ name }) => name)).toEqual(['main']);
  });
});

describe('where the volume cannot be mounted nothing is tried of', () => {
  const volumeMounts = [{ name: 'other', mountPath: '/var/log/app' }];
  const of = (spec: object): string[] =>
    buildTrials(tried(spec), 'trials', make.defaults).map((trial) => trial.of);
  test('the Pod', () => {
    const sidecarContainerTemplate = make.container('fluentd', { volumeMounts });
    expect(of({ sidecarContainerTemplate })).toEqual(['PVC', 'Job']);
  });
  test('the Job', () => {
    const containers = [make.container('drain', { volumeMounts })];
    const template = { spec: { restartPolicy: 'Never', containers } };
    expect(of({ pvcFinalizerJobSpecTemplate: { template } })).toEqual(['PVC', 'Pod']);
  });
});
