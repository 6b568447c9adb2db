import { describe, expect, test } from '@jest/globals';
import type { ClaimSpec } from '../../../src/api/claim.ts';
import type { FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import type { JobSpec } from '../../../src/api/job.ts';
import { validateFluentPVC } from '../../../src/core/validate.ts';
import { make } from '../../support/make.ts';
import { originalSample } from '../../support/original-sample.ts';

const job = (change: Partial<JobSpec>, spec: object = {}): Partial<FluentPVCSpec> => ({
  pvcFinalizerJobSpecTemplate: {
    template: {
      spec: { containers: [make.container('drain')], restartPolicy: 'Never', ...spec },
    },
    ...change,
  },
});
const claim = (change: Partial<ClaimSpec>): Partial<FluentPVCSpec> => ({
  pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], ...change },
});
const raw = (fields: object): object => fields;
const verdict = (spec: Partial<FluentPVCSpec>): ReturnType<typeof validateFluentPVC> =>
  validateFluentPVC(make.fluentPVC({ spec }));

describe('passes', () => {
  const cases: Record<string, Partial<FluentPVCSpec>> = {
    'a plain one': {},
    'a claim for many writers': claim({ accessModes: ['ReadWriteMany'] }),
    'a claim for a single Pod': claim({ accessModes: ['ReadWriteOncePod'] }),
    'a reader besides a writer': claim({ accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] }),
    'an access mode of the future': claim({ accessModes: ['ReadWriteSome'] }),
    'no class and no volume by name': raw({
      pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], storageClassName: null, volumeName: null },
    }),
    'manualSelector: false': job({ manualSelector: false }),
    'volumeMode Filesystem': claim({ volumeMode: 'Filesystem' }),
    'suspend: false': job({ suspend: false }),
    'one Pod at a time': job({ parallelism: 1, completions: 1 }),
    'bare keys of a template engine: null is none': job(
      raw({
        completions: null,
        parallelism: null,
        suspend: null,
        manualSelector: null,
        selector: null,
        managedBy: null,
        ttlSecondsAfterFinished: null,
      }),
      { initContainers: null, volumes: null, nodeSelector: null },
    ),
    'unknown fields of templates': raw({
      pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], future: { a: 1 } },
      sidecarContainerTemplate: { name: 'fluentd', future: 1 },
    }),
  };
  test.each(Object.entries(cases))('%s', (_, spec) => {
    expect(verdict(spec)).toEqual({ problems: [], warnings: [] });
  });

  test("the original's sample", () => {
    expect(validateFluentPVC(originalSample)).toEqual({ problems: [], warnings: [] });
  });
});

describe('denies', () => {
  const jobField = 'spec.pvcFinalizerJobSpecTemplate';
  const claimField = 'spec.pvcSpecTemplate';
  const theirs = [{ name: 'mine', mountPath: '/var/log/app' }];
  const cases: Record<string, { spec: Partial<FluentPVCSpec>; field: string }> = {
    'a claim that nobody may write to': {
      spec: claim({ accessModes: ['ReadOnlyMany'] }),
      field: `${claimField}.accessModes`,
    },
    'a claim without access modes': {
      spec: raw({ pvcSpecTemplate: {} }),
      field: `${claimField}.accessModes`,
    },
    'a claim with no access mode in the list': {
      spec: claim({ accessModes: [] }),
      field: `${claimField}.accessModes`,
    },
    'a volume for all Pods': {
      spec: claim({ volumeName: 'pv' }),
      field: `${claimField}.volumeName`,
    },
    'a block device': { spec: claim({ volumeMode: 'Block' }), field: `${claimField}.volumeMode` },
    'a Job that is done before it starts': {
      spec: job({ completions: 0 }),
      field: `${jobField}.completions`,
    },
    'a Job that starts no Pod': { spec: job({ parallelism: 0 }), field: `${jobField}.parallelism` },
    'a suspended Job': { spec: job({ suspend: true }), field: `${jobField}.suspend` },
    'a Job that counts Pods of others': {
      spec: job({ manualSelector: true }),
      field: `${jobField}.manualSelector`,
    },
    'a Job with a selector': {
      spec: job({ selector: { matchLabels: { a: 'b' } } }),
      field: `${jobField}.selector`,
    },
    'a Job whose outcome another controller says': {
      spec: job({ managedBy: 'example.com/kueue' }),
      field: `${jobField}.managedBy`,
    },
    'a Job that the API refuses: restartPolicy Always': {
      spec: job({}, { restartPolicy: 'Always' }),
      field: `${jobField}.template.spec.restartPolicy`,
    },
    'a Job that the API refuses: no restartPolicy, which means Always': {
      spec: raw({
        pvcFinalizerJobSpecTemplate: { template: { spec: { containers: [{ name: 'drain' }] } } },
      }),
      field: `${jobField}.template.spec.restartPolicy`,
    },
    'a Job that mounts something else at our path': {
      spec: job({}, { containers: [{ name: 'drain', volumeMounts: theirs }] }),
      field: `${jobField}.template.spec`,
    },
    'a sidecar that mounts something else at our path': {
      spec: raw({ sidecarContainerTemplate: { name: 'fluentd', volumeMounts: theirs } }),
      field: 'spec.sidecarContainerTemplate',
    },
    'a Job without containers': {
      spec: job({}, { containers: [] }),
      field: `${jobField}.template.spec.containers`,
    },
    'a null that the API server would not take either': {
      spec: job({}, { containers: [{ name: 'drain', env: null }] }),
      field: `${jobField}.template.spec.containers[0].env`,
    },
    'an init container that mounts something else at our path': {
      spec: job(
        {},
        {
          initContainers: [
            { name: 'a', volumeMounts: null },
            { name: 'b', volumeMounts: theirs },
          ],
        },
      ),
      field: `${jobField}.template.spec.initContainers[1].volumeMounts`,
    },
    'a number where Kubernetes wants one, in quotes': {
      spec: job(raw({ completions: '1' })),
      field: `${jobField}.completions`,
    },
    'an unknown sidecarMode': { spec: raw({ sidecarMode: 'Magic' }), field: 'spec.sidecarMode' },
    'an unknown trigger': {
      spec: raw({ podDeletionTrigger: 'Never' }),
      field: 'spec.podDeletionTrigger',
    },
    'a volume name that is no DNS label': {
      spec: { pvcVolumeName: 'Logs_1' },
      field: 'spec.pvcVolumeName',
    },
    'a mount path with a colon': {
      spec: { pvcVolumeMountPath: '/a:b' },
      field: 'spec.pvcVolumeMountPath',
    },
    'an empty mount path': { spec: { pvcVolumeMountPath: '' }, field: 'spec.pvcVolumeMountPath' },
    'an env without a name': {
      spec: raw({ commonEnvs: [{ value: '1' }] }),
      field: 'spec.commonEnvs[0].name',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, field }) => {
    const { problems } = verdict(spec);
    expect(problems.map((problem) => problem.field)).toEqual([expect.stringContaining(field)]);
    expect(problems[0]?.message).not.toBe('');
  });

  test.each([
    'pvcSpecTemplate',
    'pvcVolumeName',
    'pvcVolumeMountPath',
    'pvcFinalizerJobSpecTemplate',
    'sidecarContainerTemplate',
  ])('one without %s', (name) => {
    const fluentPVC = make.fluentPVC();
    const spec = Object.fromEntries(
      Object.entries(fluentPVC.spec).filter(([field]) => field !== name),
    );
    expect(validateFluentPVC({ ...fluentPVC, spec })).toEqual({
      problems: [
        { field: `spec.${name}`, message: expect.stringContaining(name) as unknown as string },
      ],
      warnings: [],
    });
  });

  test('a name that no label could hold, and not one that just fits', () => {
    const named = (length: number): string[] =>
      validateFluentPVC(make.fluentPVC({ metadata: { name: 'a'.repeat(length) } })).problems.map(
        ({ field }) => field,
      );
    expect([named(63), named(64)]).toEqual([[], ['metadata.name']]);
  });

  test('everything that is wrong at once', () => {
    const { problems } = verdict({ ...claim({ volumeName: 'pv' }), ...job({ completions: 0 }) });
    expect(problems).toHaveLength(2);
  });

  test('with the message of the original where nobody may write', () => {
    expect(verdict(claim({ accessModes: ['ReadOnlyMany'] })).problems[0]?.message).toMatch(
      /^Invalid PersistentVolumeAccessMode in FluentPVC\.Spec\.PVCSpecTemplate/,
    );
  });

  test('what is no FluentPVC at all', () => {
    expect(validateFluentPVC(undefined).problems).not.toEqual([]);
    expect(validateFluentPVC({ metadata: {} }).problems.map(({ field }) => field)).toEqual([
      'spec',
    ]);
  });
});

describe('warns of', () => {
  const cases: Record<string, { spec: Partial<FluentPVCSpec>; warning: RegExp }> = {
    'several drainers at once': { spec: job({ parallelism: 2 }), warning: /\.parallelism: more/ },
    'restarts in place': {
      spec: job({}, { restartPolicy: 'OnFailure' }),
      warning: /\.restartPolicy: OnFailure/,
    },
    'a time to live': {
      spec: job({ ttlSecondsAfterFinished: 0 }),
      warning: /\.ttlSecondsAfterFinished is ignored/,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { spec, warning }) => {
    expect(verdict(spec)).toEqual({
      problems: [],
      warnings: [expect.stringMatching(warning)],
    });
  });
});
