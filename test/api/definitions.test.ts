import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../src/api/binding.ts';
import { API_VERSION } from '../../src/api/names.ts';
import type { Stored } from '../../src/api/object.ts';
import { bindingRef } from '../../controllers/binding/binding-facts.ts';
import { fluentPVC } from '../support/manifests.ts';
import { originalConfigSample } from '../support/original-sample.ts';
import { shared } from '../support/shared.ts';
import { openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
});

describe('kubectl', () => {
  test.each(['fpvc', 'fpvcb'])('explains every field of %s', async (kind) => {
    const explained = await api.kubectl('explain', kind, '--recursive');
    expect(explained).toContain('FIELDS:');
    expect(await api.kubectl('explain', `${kind}.spec`)).not.toContain('<empty>');
    expect(await api.kubectl('explain', `${kind}.status`)).not.toContain('<empty>');
  });

  test('shows the columns of the original operator', async () => {
    await createBinding('columns');
    const [header, row] = (await api.kubectl('get', 'fpvcb', 'columns')).split('\n');
    expect(header?.split(/\s+/).slice(0, 5)).toEqual(['NAME', 'PHASE', 'FLUENTPVC', 'POD', 'PVC']);
    expect(row?.split(/\s+/).slice(0, 5)).toEqual(['columns', 'Pending', 'some', 'app', 'columns']);
  });
});

describe('a FluentPVC', () => {
  test('as the original operator has it applies unchanged', async () => {
    const said = await api.kubectl.feed(
      'create',
      '--dry-run=server',
      '--validate=strict',
      originalConfigSample,
    );
    expect(said).toBe(
      'fluentpvc.fluent-pvc-operator.tech.zozo.com/fluent-pvc-sample created (server dry run)\n',
    );
  });

  test.each([
    ['without any access mode', { pvcSpecTemplate: {} }, 'accessModes: Required value'],
    [
      'with access modes that allow no writer',
      { pvcSpecTemplate: { accessModes: ['ReadOnlyMany'] } },
      'Invalid PersistentVolumeAccessMode in FluentPVC.Spec.PVCSpecTemplate',
    ],
    [
      'with a block device',
      { pvcSpecTemplate: { accessModes: ['ReadWriteOnce'], volumeMode: 'Block' } },
      'volumeMode: Unsupported value: "Block"',
    ],
    [
      'with a volume name that no Pod may have',
      { pvcVolumeName: 'SOME_SECRET' },
      'spec.pvcVolumeName: Invalid value: "SOME_SECRET"',
    ],
    [
      'with a colon in the mount path',
      { pvcVolumeMountPath: '/a:b' },
      'spec.pvcVolumeMountPath: Invalid value: "/a:b"',
    ],
    [
      'with a mode that does not exist',
      { sidecarMode: 'Native ' },
      'sidecarMode: Unsupported value',
    ],
  ])('%s is refused, with the field', async (_title, spec, message) => {
    const object = fluentPVC('refused');
    await expect(
      api.client.create({ ...object, spec: { ...object.spec, ...spec } } as typeof object, {
        dryRun: true,
      }),
    ).rejects.toThrow(message);
  });

  test('whose Job could succeed undone is refused, all faults at once', async () => {
    const object = fluentPVC('untrusted');
    object.spec.pvcFinalizerJobSpecTemplate.completions = 0;
    object.spec.pvcFinalizerJobSpecTemplate.suspend = true;
    object.spec.pvcSpecTemplate.volumeName = 'mine';
    const refused = api.client.create(object, { dryRun: true });
    await expect(refused).rejects.toThrow('spec.pvcFinalizerJobSpecTemplate.completions');
    await expect(refused).rejects.toThrow('spec.pvcFinalizerJobSpecTemplate.suspend');
    await expect(refused).rejects.toThrow('spec.pvcSpecTemplate.volumeName');
  });

  test('keeps fields of its templates that nobody knows', async () => {
    const object = fluentPVC('newer');
    const newer = {
      ...object.spec.pvcSpecTemplate,
      dataSourceRef: { apiGroup: 'example.com', kind: 'X', name: 'y', unheardOf: 1 },
    };
    const stored = await api.client.create(
      { ...object, spec: { ...object.spec, pvcSpecTemplate: newer } },
      { dryRun: true },
    );
    expect(stored.spec.pvcSpecTemplate).toEqual(newer);
  });
});

describe('a FluentPVCBinding', () => {
  const patch = (binding: Stored<Binding>, spec: object): Promise<unknown> =>
    api.client.patch(bindingRef(binding), { type: 'merge', body: { spec } });

  test('learns Pod and claim once and keeps them', async () => {
    const binding = await createBinding('identities');
    await patch(binding, { pod: { name: 'app', uid: 'a' }, pvc: { name: 'identities', uid: 'b' } });
    await expect(patch(binding, { pod: { uid: 'c' } })).rejects.toThrow('uid is set once');
    await expect(patch(binding, { pvc: { uid: '' } })).rejects.toThrow('uid is set once');
    await expect(patch(binding, { fluentPVC: { name: 'other' } })).rejects.toThrow(
      'name is set once',
    );
  });

  test('keeps its snapshot', async () => {
    const binding = await createBinding('snapshot');
    await expect(patch(binding, { snapshot: '{}' })).rejects.toThrow('snapshot is set once');
    await expect(patch(binding, { snapshot: null })).rejects.toThrow('snapshot is set once');
  });
});

function createBinding(name: string): Promise<Stored<Binding>> {
  return api.client.create<Binding>({
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: { name, namespace: api.namespace },
    spec: {
      fluentPVC: { name: 'some', uid: 'u' },
      pod: { name: 'app', uid: '' },
      pvc: { name, uid: '' },
      snapshot: '{"volumeName":"buffer"}',
    },
  });
}
