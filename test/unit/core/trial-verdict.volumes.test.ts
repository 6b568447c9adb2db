import { describe, expect, test } from '@jest/globals';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import type { Trial } from '../../../src/core/trial.ts';
import { trialVerdict, type Cause } from '../../../src/core/trial-verdict.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { trialOf, tried } from '../../support/tried.ts';

const JOB = 'spec.pvcFinalizerJobSpecTemplate.template.spec';
const volumeMounts = [{ name: 'certs', mountPath: '/certs' }];
const volumeDevices = [{ name: 'certs', devicePath: '/dev/x' }];

const missing = (field: string, reason = 'FieldValueNotFound'): Cause => ({
  field,
  reason,
  message: 'Not found: "certs"',
});
function verdict(fluentPVC: FluentPVC, of: Trial['of'], ...causes: Cause[]): Verdict {
  const refusal = {
    kind: 'refused',
    code: 422,
    message: 'is invalid',
    details: { causes },
  } as const;
  return trialVerdict(fluentPVC, 'trials', [
    { trial: trialOf(of, fluentPVC), warnings: [], refusal },
  ]);
}
const inSidecar = tried({ sidecarContainerTemplate: { name: 'fluentd', volumeMounts } });
const MOUNT = 'spec.initContainers[0].volumeMounts[0].name';

describe('a volume that only the tried Pod lacks is a warning and no denial', () => {
  const common = tried({ commonVolumeMounts: volumeMounts });
  const raw = tried({ sidecarContainerTemplate: { name: 'fluentd', volumeDevices } });
  const cases: Record<string, { of: FluentPVC; causes: string[]; field: string }> = {
    'where the sidecar mounts it': {
      of: inSidecar,
      causes: [MOUNT],
      field: 'spec.sidecarContainerTemplate.volumeMounts[0].name',
    },
    'where the sidecar uses it as a device': {
      of: raw,
      causes: ['spec.initContainers[0].volumeDevices[0].name'],
      field: 'spec.sidecarContainerTemplate.volumeDevices[0].name',
    },
    'said once where all containers mount it': {
      of: common,
      causes: ['spec.containers[0].volumeMounts[0].name', MOUNT],
      field: 'spec.commonVolumeMounts[0].name',
    },
  };
  test.each(Object.entries(cases))('%s', (_, { of, causes, field }) => {
    expect(verdict(of, 'Pod', ...causes.map((path) => missing(path)))).toEqual({
      problems: [],
      warnings: [
        `${field}: only Pods with a volume "certs" of their own are admitted: nothing here defines it`,
      ],
    });
  });
  test('beside what is wrong', () => {
    const wrong = { field: 'spec.initContainers[0].image', message: 'Required value' };
    expect(verdict(inSidecar, 'Pod', missing(MOUNT), wrong)).toEqual({
      problems: [{ field: 'spec.sidecarContainerTemplate.image', message: 'Required value' }],
      warnings: [expect.stringContaining('"certs"')],
    });
  });
});

describe('denied is', () => {
  test('a volume that the Job lacks: nobody else brings it', () => {
    const containers = [{ name: 'drain', volumeMounts }];
    const template = { spec: { restartPolicy: 'Never', containers } };
    const inJob = tried({ pvcFinalizerJobSpecTemplate: { template } });
    const path = 'spec.template.spec.containers[0].volumeMounts[0].name';
    expect(verdict(inJob, 'Job', missing(path))).toEqual({
      problems: [
        {
          field: `${JOB}.containers[0].volumeMounts[0].name`,
          message: `JobSpec is invalid. FluentPVC Name: 'logs': Not found: "certs"`,
        },
      ],
      warnings: [],
    });
  });
  test('and warned of no more, where Job and Pod lack it', () => {
    const common = tried({ commonVolumeMounts: volumeMounts });
    const results = [
      ['Job', 'spec.template.spec.containers[0].volumeMounts[0].name'],
      ['Pod', MOUNT],
    ] as const;
    expect(
      trialVerdict(
        common,
        'trials',
        results.map(([of, path]) => ({
          trial: trialOf(of, common),
          warnings: [],
          refusal: {
            kind: 'refused',
            code: 422,
            message: 'is invalid',
            details: { causes: [missing(path)] },
          },
        })),
      ),
    ).toEqual({
      problems: [{ field: 'spec.commonVolumeMounts[0].name', message: 'Not found: "certs"' }],
      warnings: [],
    });
  });
  const others: Record<string, Cause> = {
    'another thing that is not found': missing('spec.initContainers[0].env[0].name'),
    'another part of a mount': missing('spec.initContainers[0].volumeMounts[0].mountPath'),
    'another fault of its name': missing(MOUNT, 'FieldValueInvalid'),
    'a mount that there is none of': missing('spec.initContainers[0].volumeMounts[7].name'),
  };
  test.each(Object.entries(others))('%s', (_, cause) => {
    const { problems, warnings } = verdict(inSidecar, 'Pod', cause);
    expect([problems.length, warnings]).toEqual([1, []]);
  });
});
