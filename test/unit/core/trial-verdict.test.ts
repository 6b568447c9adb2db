import { describe, expect, test } from '@jest/globals';
import type { Trial } from '../../../src/core/trial.ts';
import { trialVerdict, type Refusal, type TrialResult } from '../../../src/core/trial-verdict.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { trialOf, tried } from '../../support/tried.ts';

const fluentPVC = tried({ commonEnvs: [{ name: '=', value: '1' }] });
const JOB = 'spec.pvcFinalizerJobSpecTemplate';
const JOB_WORDS = "JobSpec is invalid. FluentPVC Name: 'logs': ";
const PVC_WORDS = "PVCSpec is invalid. FluentPVC Name: 'logs': ";

function refused(code: number, message: string, causes?: Record<string, string>): Refusal {
  const list = Object.entries(causes ?? {}).map(([field, why]) => ({ field, message: why }));
  const details = causes === undefined ? {} : { causes: list };
  return { kind: 'refused', code, message, details };
}
const invalid = (causes: Record<string, string>): Refusal => refused(422, 'is invalid', causes);

type Said = Partial<Record<Trial['of'], Refusal>>;
function verdict(said: Said, warnings: Partial<Record<Trial['of'], string[]>> = {}): Verdict {
  const results = (['PVC', 'Job', 'Pod'] as const).map((of): TrialResult => {
    const { [of]: refusal } = said;
    return {
      trial: trialOf(of, fluentPVC),
      warnings: warnings[of] ?? [],
      ...(refusal === undefined ? {} : { refusal }),
    };
  });
  return trialVerdict(fluentPVC, 'trials', results);
}
const none: Verdict = { problems: [], warnings: [] };

test('what the API server takes is right', () => {
  expect(verdict({})).toEqual(none);
});

describe('denied is', () => {
  const cases: Record<string, { said: Said; problems: Record<string, string> }> = {
    'what is invalid in a claim': {
      said: { PVC: invalid({ 'spec.resources[storage]': 'Required value' }) },
      problems: { 'spec.pvcSpecTemplate.resources[storage]': `${PVC_WORDS}Required value` },
    },
    'what is invalid in the metadata of a claim': {
      said: { PVC: invalid({ 'metadata.labels': 'Invalid value: "a b"' }) },
      problems: { 'spec.pvcMetadata.labels': `${PVC_WORDS}Invalid value: "a b"` },
    },
    'what is invalid in a Job': {
      said: { Job: invalid({ 'spec.backoffLimit': 'Invalid value: -1' }) },
      problems: { [`${JOB}.backoffLimit`]: `${JOB_WORDS}Invalid value: -1` },
    },
    'what is invalid in a sidecar': {
      said: { Pod: invalid({ 'spec.initContainers[0].image': 'Required value' }) },
      problems: { 'spec.sidecarContainerTemplate.image': 'Required value' },
    },
    'all of it': {
      said: {
        PVC: invalid({ 'spec.accessModes': 'a', 'spec.resources': 'b' }),
        Job: invalid({ 'spec.completions': 'c' }),
        Pod: invalid({ 'spec.initContainers[0].name': 'd' }),
      },
      problems: {
        'spec.pvcSpecTemplate.accessModes': `${PVC_WORDS}a`,
        'spec.pvcSpecTemplate.resources': `${PVC_WORDS}b`,
        [`${JOB}.completions`]: `${JOB_WORDS}c`,
        'spec.sidecarContainerTemplate.name': 'd',
      },
    },
    'once what Job, app and sidecar have in common': {
      said: {
        Job: invalid({ 'spec.template.spec.containers[0].env[0].name': 'Invalid value: "="' }),
        Pod: invalid({
          'spec.containers[0].env[0].name': 'Invalid value: "="',
          'spec.initContainers[0].env[0].name': 'Invalid value: "="',
        }),
      },
      problems: { 'spec.commonEnvs[0].name': 'Invalid value: "="' },
    },
    'what stands nowhere in the FluentPVC, with its own path': {
      said: { Pod: invalid({ 'spec.initContainers[7].image': 'Required value' }) },
      problems: { spec: 'the Pod made of it: spec.initContainers[7].image: Required value' },
    },
    'what cannot be read, where it is found': {
      said: {
        Pod: refused(
          400,
          'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field EnvVar.spec.containers.env.value of type int',
        ),
      },
      problems: {
        'spec.commonEnvs[0].value':
          'json: cannot unmarshal string into Go struct field EnvVar.spec.containers.env.value of type int',
      },
    },
    'what cannot be read in a claim': {
      said: { PVC: refused(400, 'it cannot be handled as a PersistentVolumeClaim: no idea') },
      problems: { 'spec.pvcSpecTemplate': `${PVC_WORDS}no idea` },
    },
    'what cannot be read in a Job': {
      said: { Job: refused(400, 'it cannot be handled as a Job: no idea') },
      problems: { [JOB]: `${JOB_WORDS}no idea` },
    },
    'what cannot be read in a Pod': {
      said: { Pod: refused(400, 'it cannot be handled as a Pod: no idea') },
      problems: { 'spec.sidecarContainerTemplate': 'no idea' },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { said, problems }) => {
    expect(verdict(said)).toEqual({
      problems: Object.entries(problems).map(([field, message]) => ({ field, message })),
      warnings: [],
    });
  });
});

describe('a warning is', () => {
  const untried = (names: string, why: string): string =>
    `${names} could not be tried out in namespace "trials": ${why}`;
  const webhook = 'admission webhook "a.b.c" denied the request: ';
  const gone: Refusal = {
    kind: 'refused',
    code: 404,
    message: 'namespaces "trials" not found',
    details: { kind: 'namespaces' },
  };
  const policy = 'pods "x" is forbidden: ValidatingAdmissionPolicy denied request: no';
  const cases: Record<string, { said: Said; warnings: string[] }> = {
    'a quota': {
      said: { Pod: refused(403, 'pods "x" is forbidden: exceeded quota') },
      warnings: [untried('Pod', 'pods "x" is forbidden: exceeded quota (403)')],
    },
    "a policy of somebody else's, which names no field": {
      said: {
        Pod: {
          kind: 'refused',
          code: 422,
          message: policy,
          details: { causes: [{ message: 'no' }, { field: '', message: 'no' }] },
        },
      },
      warnings: [untried('Pod', `${policy} (422)`)],
    },
    'a refusal with 422 and no word on causes': {
      said: { Pod: refused(422, 'no') },
      warnings: [untried('Pod', 'no (422)')],
    },
    "a webhook of somebody else's, whatever fields it names": {
      said: { Pod: refused(422, `${webhook}no`, { 'spec.initContainers[0].image': 'no' }) },
      warnings: [untried('Pod', `${webhook}no (422)`)],
    },
    "a webhook of somebody else's that cannot read": {
      said: { Pod: refused(400, `${webhook}this cannot be handled as a Pod: no`) },
      warnings: [untried('Pod', `${webhook}this cannot be handled as a Pod: no (400)`)],
    },
    'a request that is bad for another reason': {
      said: { Job: refused(400, 'the body is odd') },
      warnings: [untried('Job', 'the body is odd (400)')],
    },
    'a request that is bad in words only': {
      said: { Pod: refused(500, 'it cannot be handled as a Pod: no idea') },
      warnings: [untried('Pod', 'it cannot be handled as a Pod: no idea (500)')],
    },
    'a name that is taken': {
      said: { Job: refused(409, 'already exists') },
      warnings: [untried('Job', 'already exists (409)')],
    },
    'said once for all that have it: no namespace': {
      said: { PVC: gone, Job: gone, Pod: gone },
      warnings: [
        untried(
          'PVC, Job, Pod',
          'it does not exist; create it, or name another one with --validation-namespace',
        ),
      ],
    },
    'another thing that is not found': {
      said: { PVC: refused(404, 'the server could not find the requested resource') },
      warnings: [untried('PVC', 'the server could not find the requested resource (404)')],
    },
    'no answer': {
      said: { PVC: { kind: 'unanswered' }, Pod: { kind: 'unanswered' } },
      warnings: [untried('PVC, Pod', 'the API server did not answer in time')],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { said, warnings }) => {
    expect(verdict(said)).toEqual({ problems: [], warnings });
  });

  test('as long as the API server lets it be', () => {
    const { warnings } = verdict({ Pod: refused(403, 'x'.repeat(300)) });
    expect(warnings[0]).toHaveLength(256);
    expect(warnings[0]).toMatch(/^Pod could not .*x…$/);
  });

  test('beside a denial', () => {
    const both = verdict({ PVC: invalid({ 'spec.a': 'b' }), Pod: { kind: 'unanswered' } });
    expect([both.problems.length, both.warnings.length]).toEqual([1, 1]);
  });
});

describe('a field that the API server does not know', () => {
  test('is named as the FluentPVC has it, once, whatever came of the trial', () => {
    const warnings = {
      PVC: ['unknown field "spec.a"'],
      Job: ['unknown field "spec.template.spec.containers[0].env[0].b"'],
      Pod: [
        'unknown field "spec.initContainers[0].c"',
        'unknown field "spec.containers[0].env[0].b"',
      ],
    };
    expect(verdict({ Pod: { kind: 'unanswered' } }, warnings).warnings.slice(1)).toEqual([
      'unknown field "spec.pvcSpecTemplate.a": the API server ignores it',
      'unknown field "spec.commonEnvs[0].b": the API server ignores it',
      'unknown field "spec.sidecarContainerTemplate.c": the API server ignores it',
    ]);
  });
  test('and that nobody wrote is not told, nor are other warnings', () => {
    const Pod = ['unknown field "spec.containers[0].x"', 'would violate PodSecurity'];
    expect(verdict({}, { Pod })).toEqual(none);
  });
});
