import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { claimRules, jobPodRules, jobRules } from '../../src/api/template-rules.ts';
import { originalConfigSample, originalSample } from '../support/original-sample.ts';
import { container, fluentPVC } from '../support/manifests.ts';
import '../support/one-realm.ts';
import { shared } from '../support/shared.ts';
import { openApiWithOperator, type Api } from './harness.ts';
import { remove } from './requests.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(fluentPVC('changing'));
});

const JOB = 'spec.pvcFinalizerJobSpecTemplate';

/** What people read when they create it: warnings, and the refusal; nothing where it is taken. */
async function said(object: KubeObject): Promise<string> {
  const lines: string[] = [];
  const options = { dryRun: true, onWarning: (text: string) => lines.push(text) };
  await api.client.create(object, options).catch((error: unknown) => lines.push(String(error)));
  return lines.join('\n');
}
const fpvc = (name: string): ObjectRef => ({ kind: 'FluentPVC', name });
/** A number as it stands in JSON, whatever JavaScript makes of it. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };

/** A FluentPVC named `tried`, with anything in its spec. */
function withSpec(spec: object): KubeObject {
  return fluentPVC('tried', spec);
}
function job(change: object, spec: object = {}): KubeObject {
  const template = {
    spec: { restartPolicy: 'Never', containers: [container('drain')], ...spec },
  };
  return withSpec({ pvcFinalizerJobSpecTemplate: { template, ...change } });
}
const requests = { requests: { storage: '10Mi' } };
function claim(change: object): KubeObject {
  const pvcSpecTemplate = { accessModes: ['ReadWriteOnce'], resources: requests, ...change };
  return withSpec({ pvcSpecTemplate });
}

describe('the CRD alone denies, with the field and the same words as we', () => {
  const message = (rules: readonly { field: string; message: string }[], field: string): string =>
    rules.find((rule) => rule.field === field)?.message ?? 'no such rule';
  const jobCases: Record<string, unknown> = {
    completions: 0,
    parallelism: 0,
    suspend: true,
    manualSelector: true,
    selector: { matchLabels: { a: 'b' } },
    managedBy: 'example.com/kueue',
  };
  test('is asked for every rule', () => {
    expect(Object.keys(jobCases)).toEqual(jobRules.map(({ field }) => field));
    expect(claimRules.map(({ field }) => field)).toEqual(['accessModes', 'volumeName']);
    expect(jobPodRules.map(({ field }) => field)).toEqual(['restartPolicy']);
  });
  test.each(Object.entries(jobCases))('a Job template with %s: %j', async (field, value) => {
    const text = await said(job({ [field]: value }));
    expect(text).toContain(`${JOB}.${field}: Invalid value: `);
    expect(text).toContain(message(jobRules, field));
    expect(text).not.toContain('admission webhook');
  });
  test('a Job template with restartPolicy: Always', async () => {
    const text = await said(job({}, { restartPolicy: 'Always' }));
    // Older API servers name the type in place of the value.
    expect(text).toMatch(/\.template\.spec\.restartPolicy: Invalid value: "(Always|string)": /);
    expect(text).toContain(`${JOB}.template.spec.restartPolicy`);
    expect(text).toContain(message(jobPodRules, 'restartPolicy'));
    expect(text).not.toContain('admission webhook');
  });
  test.each([
    ['accessModes', ['ReadOnlyMany']],
    ['volumeName', 'pv-1'],
  ])('a claim template with %s: %j', async (field, value) => {
    const text = await said(claim({ [field]: value }));
    expect(text).toContain(`spec.pvcSpecTemplate.${field}: Invalid value: `);
    expect(text).toContain(message(claimRules, field));
  });
});

describe('what only the API can tell is denied, with the field', () => {
  const envs = (...commonEnvs: object[]): KubeObject => withSpec({ commonEnvs });
  const sidecar = (change: object, more: object = {}): KubeObject =>
    withSpec({ sidecarContainerTemplate: { ...container('shipper'), ...change }, ...more });
  const theClaim = "PVCSpec is invalid. FluentPVC Name: 'tried': ";
  const theJob = "JobSpec is invalid. FluentPVC Name: 'tried': ";
  const cases: Record<string, { object: KubeObject; says: string }> = {
    'a storage class that does not exist': {
      object: claim({ storageClassName: 'nope' }),
      says: "spec.pvcSpecTemplate.storageClassName: StorageClass not found with FluentPVC.Spec.PVCSpecTemplate.StorageClassName: 'nope'",
    },
    'an access mode that does not exist': {
      object: claim({ accessModes: ['ReadWriteSome'] }),
      says: `spec.pvcSpecTemplate.accessModes: ${theClaim}Unsupported value: "ReadWriteSome"`,
    },
    'a claim without a size': {
      object: claim({ resources: {} }),
      says: `spec.pvcSpecTemplate.resources[storage]: ${theClaim}Required value`,
    },
    'a size that is no quantity': {
      object: claim({ resources: { requests: { storage: '1GB' } } }),
      says: `spec.pvcSpecTemplate.resources.requests.storage: ${theClaim}quantities must match`,
    },
    'a drainer without an image': {
      object: job({}, { containers: [{ name: 'drain' }] }),
      says: `${JOB}.template.spec.containers[0].image: ${theJob}Required value`,
    },
    'a Job that cannot be retried less than never': {
      object: job({ backoffLimit: -1 }),
      says: `${JOB}.backoffLimit: ${theJob}Invalid value: -1`,
    },
    'a volume of the drainer that is none': {
      object: job({}, { volumes: [{ name: 'mine', configMap: {} }] }),
      says: `${JOB}.template.spec.volumes[0].configMap.name: ${theJob}Required value`,
    },
    'a drainer without a restartPolicy, which means Always': {
      object: job({}, { restartPolicy: undefined }),
      says: `${JOB}.template.spec.restartPolicy: JobSpec is invalid. It must be Never or OnFailure`,
    },
    'a sidecar without an image': {
      object: withSpec({ sidecarContainerTemplate: { name: 'shipper' } }),
      says: 'spec.sidecarContainerTemplate.image: Required value',
    },
    'a Regular sidecar that must not restart on its own': {
      object: sidecar({ ports: [{ containerPort: 0 }] }, { sidecarMode: 'Regular' }),
      says: 'spec.sidecarContainerTemplate.ports[0].containerPort: Required value',
    },
    'a drainer whose own mount has no volume': {
      object: job(
        {},
        {
          containers: [
            { ...container('drain'), volumeMounts: [{ name: 'nope', mountPath: '/nope' }] },
          ],
        },
      ),
      says: `${JOB}.template.spec.containers[0].volumeMounts[0].name: ${theJob}Not found: "nope"`,
    },
    'a selector that selects nobody': {
      object: withSpec({
        namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: [] }] },
      }),
      says: 'spec.namespaceSelector.matchExpressions[0].values: must have a value: the operator is In',
    },
    'a common mount at a path with a colon': {
      object: withSpec({
        commonVolumes: [{ name: 'a', emptyDir: {} }],
        commonVolumeMounts: [{ name: 'a', mountPath: 'C:/logs' }],
      }),
      says: 'spec.commonVolumeMounts[0].mountPath: volume "a" is mounted at C:/logs: must not contain \':\'',
    },
    'a sidecar that nobody could read: an image that is a number': {
      object: sidecar({ image: 5 }),
      says: 'spec.sidecarContainerTemplate.image: json: cannot unmarshal number into Go struct field',
    },
    'a sidecar with a limit that is no quantity': {
      object: sidecar({ resources: { limits: { cpu: 'much' } } }),
      says: 'spec.sidecarContainerTemplate.resources.limits.cpu: quantities must match',
    },
    'an env that is a number': {
      object: envs({ name: 'A', value: 'a' }, { name: 'B', value: 5 }),
      says: 'spec.commonEnvs[1].value: json: cannot unmarshal number',
    },
    'an env that asks for a field that does not exist': {
      object: envs({ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nope' } } }),
      says: 'spec.commonEnvs[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nope"',
    },
    'a common volume with two sources': {
      object: withSpec({
        commonVolumes: [{ name: 'a', emptyDir: {}, secret: { secretName: 'b' } }],
      }),
      says: 'spec.commonVolumes[0].secret: Forbidden: may not specify more than 1 volume type',
    },
    'a common mount of no volume': {
      object: withSpec({ commonVolumeMounts: [{ name: 'nope', mountPath: '/nope' }] }),
      says: 'spec.commonVolumeMounts[0].name: Not found: "nope"',
    },
    'an integer that would be rounded': {
      object: job({ activeDeadlineSeconds: rawJSON('9007199254740993') }),
      says: `${JOB}.activeDeadlineSeconds: is an integer beyond 9007199254740991`,
    },
    "the sample of the original's README": {
      object: originalSample,
      says: 'spec.commonVolumes[0].name: Invalid value: "SOME_SECRET"',
    },
  };
  test.each(Object.entries(cases))('%s', async (_, { object, says }) => {
    const text = await said(object);
    expect(text).toContain('(FluentPVCInvalid 422)');
    expect(text).toContain(
      `FluentPVC "${object === originalSample ? 'fluent-pvc-sample' : 'tried'}": `,
    );
    expect(text).toContain(says);
  });

  test('once, although Job and Pod have it, and the app has it beside the sidecar', async () => {
    const text = await said(envs({ name: '=', value: 'a' }));
    expect(text.split('spec.commonEnvs[0].name: ')).toHaveLength(2);
    expect(text).not.toContain('containers');
  });

  test('all at once, with what we see ourselves', async () => {
    const theirs = [{ name: 'mine', mountPath: '/mnt/buffer' }];
    const text = await said(
      withSpec({
        pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], storageClassName: 'nope' },
        pvcFinalizerJobSpecTemplate: {
          backoffLimit: -1,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'drain' }] } },
        },
        sidecarContainerTemplate: { ...container('shipper'), volumeMounts: theirs },
      }),
    );
    for (const field of [
      'spec.pvcSpecTemplate.storageClassName',
      'spec.pvcSpecTemplate.resources[storage]',
      `${JOB}.backoffLimit`,
      `${JOB}.template.spec.containers[0].image`,
      'spec.sidecarContainerTemplate.volumeMounts',
    ])
      expect(text).toContain(`${field}: `);
  });

  test('of a change, and of one that is no dry run', async () => {
    const body = { spec: { pvcSpecTemplate: { storageClassName: 'nope' } } };
    const changed = api.client.patch(fpvc('changing'), { type: 'merge', body });
    await expect(changed).rejects.toThrow('spec.pvcSpecTemplate.storageClassName');
    // As people read it.
    await expect(api.kubectl.feed('create', claim({ storageClassName: 'nope' }))).rejects.toThrow(
      /Error from server \(FluentPVCInvalid\): .*: spec\.pvcSpecTemplate\.storageClassName: /,
    );
  });
});

describe('passes without a word', () => {
  const cases: Record<string, KubeObject> = {
    "the sample in the original's config/samples": originalConfigSample,
    'a claim for volumes that are made by hand': claim({ storageClassName: '' }),
    'a claim of a class by name': claim({ storageClassName: 'standard' }),
    'a null where a template engine had nothing to say': job(
      { suspend: null, completions: null, managedBy: null, selector: null },
      { initContainers: null, nodeSelector: null },
    ),
    'a Regular sidecar': withSpec({ sidecarMode: 'Regular' }),
    'a sidecar that is called as the app is': withSpec({
      sidecarContainerTemplate: container('app'),
    }),
  };
  test.each(Object.entries(cases))('%s', async (_, object) => {
    expect(await said(object)).toBe('');
  });

  test('a change of labels, though its storage class went', async () => {
    const provisioner = 'kubernetes.io/no-provisioner';
    const kind = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' };
    const passing = { ...kind, metadata: { name: 'passing' }, provisioner };
    await api.client.create(passing);
    const spec = {
      pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], storageClassName: 'passing' },
    };
    const object = fluentPVC('bereft', {
      pvcSpecTemplate: { ...spec.pvcSpecTemplate, resources: requests },
    });
    await api.client.create(object);
    await remove(api, { kind: 'StorageClass', name: 'passing' });
    expect(await api.kubectl('label', 'fpvc', 'bereft', 'a=b')).toContain('labeled\n');
    const body = { spec: { pvcVolumeName: 'other' } };
    await expect(api.client.patch(fpvc('bereft'), { type: 'merge', body })).rejects.toThrow(
      'StorageClass not found',
    );
  });
});

test('nothing of all that was stored, and the namespace for it is ours', async () => {
  const all = await api.kubectl('-n', 'fluent-pvc-validation', 'get', 'pods,jobs,pvc');
  expect(all).toBe('');
  const namespace = await api.client.get({ kind: 'Namespace', name: 'fluent-pvc-validation' });
  expect(namespace?.metadata.labels).toMatchObject({
    'app.kubernetes.io/name': 'fluent-pvc-operator',
    'app.kubernetes.io/instance': 'fluent-pvc-operator',
  });
});
