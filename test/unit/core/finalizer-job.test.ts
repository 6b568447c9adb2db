import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../../src/api/binding.ts';
import type { Job, JobSpec } from '../../../src/api/job.ts';
import { annotations, API_VERSION, labels } from '../../../src/api/names.ts';
import type { PodSpec } from '../../../src/api/pod.ts';
import { buildFinalizerJob } from '../../../src/core/finalizer-job.ts';
import { make, NAME } from '../../support/make.ts';
import '../../support/one-realm.ts';

function built(snapshot: Partial<Snapshot>, binding = make.binding()): Job {
  const result = buildFinalizerJob(binding, make.snapshot(snapshot));
  if (result.outcome !== 'job') throw new Error(`no Job: ${result.outcome}`);
  return result.job;
}
const withSpec = (spec: object, podSpec: Partial<PodSpec> = {}): JobSpec => ({
  template: {
    spec: { restartPolicy: 'Never', containers: [make.container('drain')], ...podSpec },
  },
  ...spec,
});

test('the Job mounts the claim of the binding with all common parts', () => {
  const { spec } = built({
    commonEnvs: [{ name: 'DIR', value: '/var/log/app' }],
    commonVolumes: [{ name: 'secret' }],
    commonVolumeMounts: [{ name: 'secret', mountPath: '/secret' }],
  });
  expect(spec.template.spec).toEqual({
    restartPolicy: 'Never',
    containers: [
      {
        ...make.container('drain'),
        env: [{ name: 'DIR', value: '/var/log/app' }],
        volumeMounts: [
          { name: 'secret', mountPath: '/secret' },
          { name: 'logs', mountPath: '/var/log/app' },
        ],
      },
    ],
    volumes: [{ name: 'secret' }, { name: 'logs', persistentVolumeClaim: { claimName: NAME } }],
  });
});

test('the Job has name, namespace and admission of the binding, which owns it', () => {
  const { apiVersion, kind, metadata } = built({});
  expect({ apiVersion, kind, metadata }).toEqual({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: NAME,
      namespace: 'shop',
      labels: { [labels.fluentPVC]: 'logs', [labels.finalizerJobOf]: NAME },
      annotations: { [annotations.admissionId]: 'request-uid' },
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: 'FluentPVCBinding',
          name: NAME,
          uid: 'binding-uid',
          controller: true,
        },
      ],
    },
  });
});

test('a binding without admission-id makes a Job without one', () => {
  expect(built({}, make.binding({ metadata: { annotations: {} } })).metadata).not.toHaveProperty(
    'annotations',
  );
});

test('Pods of the Job carry the binding, and never the labels of an app', () => {
  const metadata = {
    labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME, team: 'a' },
    annotations: { note: 'kept' },
  };
  const { spec } = built({
    jobSpecTemplate: { template: { metadata, ...withSpec({}).template } },
  });
  expect(spec.template.metadata).toEqual({
    labels: { team: 'a', [labels.finalizerJobOf]: NAME },
    annotations: { note: 'kept' },
  });
});

describe('of the template', () => {
  const ignoreDisruptions = {
    rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
  };
  const own = { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] };
  const cases: Record<string, { given: JobSpec; policies: object }> = {
    'a silent one gets both defaults': {
      given: withSpec({}),
      policies: { podReplacementPolicy: 'Failed', podFailurePolicy: ignoreDisruptions },
    },
    'restartPolicy OnFailure allows no podFailurePolicy, but two drainers are prevented': {
      given: withSpec({}, { restartPolicy: 'OnFailure' }),
      policies: { podReplacementPolicy: 'Failed' },
    },
    'a podFailurePolicy of its own stays, and implies podReplacementPolicy Failed': {
      given: withSpec({ podFailurePolicy: own }),
      policies: { podReplacementPolicy: 'Failed', podFailurePolicy: own },
    },
    'podReplacementPolicy TerminatingOrFailed stays, and allows no podFailurePolicy': {
      given: withSpec({ podReplacementPolicy: 'TerminatingOrFailed' }),
      policies: { podReplacementPolicy: 'TerminatingOrFailed' },
    },
    'podReplacementPolicy Failed leaves room for the podFailurePolicy': {
      given: withSpec({ podReplacementPolicy: 'Failed' }),
      policies: { podReplacementPolicy: 'Failed', podFailurePolicy: ignoreDisruptions },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { given, policies }) => {
    const { podFailurePolicy, podReplacementPolicy } = built({ jobSpecTemplate: given }).spec;
    // The API's own default, where a podFailurePolicy is set, is Failed too.
    const implied = podFailurePolicy === undefined ? undefined : 'Failed';
    const effective = podReplacementPolicy ?? implied;
    expect({
      ...(podFailurePolicy === undefined ? {} : { podFailurePolicy }),
      ...(effective === undefined ? {} : { podReplacementPolicy: effective }),
    }).toEqual(policies);
  });

  test('ttlSecondsAfterFinished goes: the success must be recorded before the Job is gone', () => {
    const given = withSpec({ ttlSecondsAfterFinished: 1, backoffLimit: 3, unknown: 'kept' });
    const { spec } = built({ jobSpecTemplate: given });
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished');
    expect(spec).toMatchObject({ backoffLimit: 3, unknown: 'kept' });
  });

  test('nothing of an app’s Pod is left on the Pods of the Job', () => {
    const foreign = { team: 'red' };
    const jobSpecTemplate = {
      template: {
        metadata: {
          labels: { ...foreign, [labels.fluentPVC]: 'x', [labels.binding]: 'x' },
          annotations: { ...foreign, [annotations.injected]: '{}' },
        },
        spec: { containers: [make.container('drain')] },
      },
    };
    expect(built({ jobSpecTemplate }).spec.template.metadata).toEqual({
      labels: { ...foreign, [labels.finalizerJobOf]: NAME },
      annotations: foreign,
    });
  });
  test('the snapshot itself is not touched', () => {
    const snapshot = make.snapshot({ commonEnvs: [{ name: 'A' }] });
    const copy = structuredClone(snapshot);
    buildFinalizerJob(make.binding(), snapshot);
    expect(snapshot).toEqual(copy);
  });
});

describe('what the Pod had', () => {
  const tolerations = [{ key: 'dedicated', operator: 'Exists' }];
  const others = [{ key: 'other', operator: 'Exists' }];
  const pod: Snapshot['pod'] = {
    tolerations,
    imagePullSecrets: [{ name: 'pull' }],
    runtimeClassName: 'gvisor',
    securityContext: { fsGroup: 2000, supplementalGroups: [1] },
  };
  const cases: Record<string, { template: object; after: object }> = {
    'fills in a silent template': { template: {}, after: pod },
    'gives way to the tolerations of the template': {
      template: { tolerations: others },
      after: { ...pod, tolerations: others },
    },
    'gives way to a runtime class of the template': {
      template: { runtimeClassName: 'runc' },
      after: { ...pod, runtimeClassName: 'runc' },
    },
    'gives way group by group': {
      template: { securityContext: { fsGroup: 1, runAsUser: 0 } },
      after: {
        ...pod,
        securityContext: { fsGroup: 1, runAsUser: 0, supplementalGroups: [1] },
      },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { template, after }) => {
    const { spec } = built({ jobSpecTemplate: withSpec({}, template), pod });
    const { containers, volumes, restartPolicy, ...rest } = spec.template.spec;
    expect(rest).toEqual(after);
  });

  test('adds nothing where it had nothing', () => {
    expect(Object.keys(built({}).spec.template.spec).toSorted()).toEqual([
      'containers',
      'restartPolicy',
      'volumes',
    ]);
  });
});

test('a template that mounts something else at our path makes no Job', () => {
  const theirs = { name: 'mine', mountPath: '/var/log/app' };
  const jobSpecTemplate = withSpec({}, { containers: [{ name: 'drain', volumeMounts: [theirs] }] });
  expect(buildFinalizerJob(make.binding(), make.snapshot({ jobSpecTemplate }))).toEqual({
    outcome: 'mountPathTaken',
    container: 'drain',
    mount: { name: 'logs', mountPath: '/var/log/app' },
    by: 'mine',
  });
});

test('a template that uses the claim as a device makes none either', () => {
  const volumeDevices = [{ name: 'logs', devicePath: '/dev/x' }];
  const jobSpecTemplate = withSpec({}, { containers: [{ name: 'drain', volumeDevices }] });
  expect(buildFinalizerJob(make.binding(), make.snapshot({ jobSpecTemplate }))).toEqual({
    outcome: 'volumeTaken',
    container: 'drain',
    volume: 'logs',
    use: 'device',
  });
});
