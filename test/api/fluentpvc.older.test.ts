import { describe, expect, test } from '@jest/globals';
import { crds } from '../../src/api/crd.ts';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import { finalizers } from '../../src/api/names.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { claimRules, jobPodRules, jobRules } from '../../src/api/template-rules.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { systemClock } from '../../src/clock.ts';
import { eventually } from '../support/eventually.ts';
import { fluentPVC } from '../support/manifests.ts';
import { memoryLog } from '../support/memory-log.ts';
import '../support/one-realm.ts';
import { shared } from '../support/shared.ts';
import { openApi, startOperator, type Api } from './harness.ts';
import { remove } from './requests.ts';

/*
 * FluentPVCs that were stored before their rules existed: by a CRD that checks nothing, and with no
 * webhook.
 */
let api: Api;
const HELD = 'example.com/held';
const names = ['older-kept', 'older-going'];

shared(async (parts) => {
  api = await openApi(parts);
  const base = {
    client: api.client,
    clock: systemClock,
    log: memoryLog(),
    signal: new AbortController().signal,
  };
  await applyCRDs(base);
  const crd = crds.find(({ metadata }) => metadata.name?.startsWith('fluentpvcs.'));
  const ref = { kind: 'CustomResourceDefinition', name: crd?.metadata.name ?? '' } as const;
  await api.client.patch(ref, { type: 'apply', body: lax({ ...crd }) });
  for (const name of names) {
    const object = fluentPVC(name);
    object.metadata.finalizers = [HELD];
    Object.assign(object.spec.pvcFinalizerJobSpecTemplate, {
      completions: 0,
      parallelism: 0,
      suspend: true,
      manualSelector: true,
      selector: {
        matchLabels: { a: 'b' },
        matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
      },
      managedBy: 'example.com/kueue',
    });
    object.spec.pvcFinalizerJobSpecTemplate.template.spec.restartPolicy = 'Always';
    Object.assign(object.spec.pvcSpecTemplate, {
      accessModes: ['ReadOnlyMany'],
      volumeName: 'pv',
      volumeMode: 'Block',
    });
    object.spec.pvcVolumeName = 'NO_LABEL';
    object.spec.pvcSpecTemplate.storageClassName = 'nope';
    object.spec.sidecarContainerTemplate = { name: 'shipper' };
    // The definition without rules takes effect a moment after it was stored.
    await eventually('the rules to be gone', () => api.client.create(object));
  }
  const operator = await startOperator(api);
  parts.defer(() => operator.stop());
});

/** The definition with nothing in it that a value could break, if it is there. */
function lax<T>(crd: T): T {
  const checks = ['x-kubernetes-validations', 'pattern', 'enum', 'minLength'];
  return JSON.parse(
    JSON.stringify(crd, (key, value: unknown) => (checks.includes(key) ? undefined : value)),
  ) as T;
}

const fpvc = (name: string): ObjectRef => ({ kind: 'FluentPVC', name });
const get = (name: string) => api.client.get<FluentPVC>(fpvc(name));
const patch = (name: string, body: object) =>
  api.client.patch<FluentPVC>(fpvc(name), { type: 'merge', body });

describe('a FluentPVC that is older than the rules', () => {
  test('gets its finalizer and a label', async () => {
    await eventually('the finalizer', async () =>
      (await get('older-kept'))?.metadata.finalizers?.includes(finalizers.fluentPVC),
    );
    expect(await api.kubectl('label', 'fpvc', 'older-kept', 'a=b')).toContain('labeled');
  });

  test('is held to its shape when its spec changes', async () => {
    const change = patch('older-kept', { spec: { sidecarMode: 'Regular' } });
    await expect(change).rejects.toThrow(
      'spec.pvcSpecTemplate.volumeMode: must be one of Filesystem',
    );
    await expect(change).rejects.toThrow('spec.pvcVolumeName: must match');
  });

  test('has the shape, and hears of all the rest at once', async () => {
    const shape = { pvcVolumeName: 'buffer', pvcSpecTemplate: { volumeMode: 'Filesystem' } };
    const denial = await patch('older-kept', { spec: shape }).then(() => '', String);
    expect(denial).toContain('(FluentPVCInvalid 422)');
    for (const field of [
      ...jobRules.map((rule) => `spec.pvcFinalizerJobSpecTemplate.${rule.field}`),
      ...jobPodRules.map((rule) => `spec.pvcFinalizerJobSpecTemplate.template.spec.${rule.field}`),
      ...claimRules.map((rule) => `spec.pvcSpecTemplate.${rule.field}`),
      'spec.pvcSpecTemplate.storageClassName',
      'spec.sidecarContainerTemplate.image',
    ])
      expect(denial.split(`${field}: `)).toHaveLength(2);
  });

  test('loses its finalizers when it goes, whatever else is changed with them', async () => {
    await remove(api, fpvc('older-going'));
    await eventually('the finalizer of the operator to go', async () => {
      const { finalizers: left } = (await get('older-going'))?.metadata ?? {};
      return left?.length === 1 && left[0] === HELD;
    });
    await patch('older-going', { spec: { pvcVolumeMountPath: '/elsewhere' } });
    await patch('older-going', { metadata: { finalizers: null } });
    expect(await get('older-going')).toBeUndefined();
  });

  test('goes as well when it is mended by nobody', async () => {
    await patch('older-kept', { metadata: { finalizers: [finalizers.fluentPVC] } });
    await remove(api, fpvc('older-kept'));
    await eventually('it to go', async () => (await get('older-kept')) === undefined);
  });
});
