import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PodSpec } from '../../../src/api/pod.ts';
import { applyOperations, inject } from '../../../src/core/inject.ts';
import { readRecord, withdraw, type InjectionRecord } from '../../../src/core/withdraw.ts';
import { app, env, init, injection, mount, sidecar, volume } from '../../support/injection.ts';
import { make } from '../../support/make.ts';

const record: InjectionRecord = {
  fluentPVC: 'logs',
  sidecar: sidecar.name,
  volumes: [volume.name],
  envs: [env.name],
};
const nothing = readRecord(undefined);
const without = (spec: PodSpec, what = record, claim?: string): PodSpec =>
  applyOperations(
    { spec },
    withdraw('/spec', spec, what, (name) => name === claim),
  ).spec;
const empty = { env: [], volumeMounts: [] };

describe('what was injected is taken out', () => {
  const theirs = {
    volumes: [{ name: 'mine' }],
    containers: [
      make.container('app', {
        env: [{ name: 'A' }],
        volumeMounts: [{ name: 'mine', mountPath: '/mine' }],
      }),
    ],
    initContainers: [init],
  };
  test.each(['Native', 'Regular'] as const)('with a %s sidecar, and the rest stays', (mode) => {
    const injected = inject('/spec', theirs, injection(mode));
    if (injected.outcome !== 'patch') throw new Error(injected.outcome);
    const after = applyOperations({ spec: theirs }, injected.operations).spec;
    expect(without(after)).toEqual({ ...theirs, initContainers: [{ ...init, ...empty }] });
  });
  test('by the claim, whatever the record says', () => {
    const spec: PodSpec = {
      containers: [{ ...app, volumeMounts: [mount] }],
      volumes: [volume, { name: 'mine' }],
    };
    expect(without(spec, nothing, 'claim')).toEqual({
      containers: [{ ...app, volumeMounts: [] }],
      volumes: [{ name: 'mine' }],
    });
    expect(without(spec, nothing, 'another')).toEqual(spec);
  });
  test('but not from a container that got nothing: what it has under these names is its own', () => {
    const helper = make.container('helper', { volumeMounts: [mount], env: [env] });
    const spec: PodSpec = {
      containers: [{ ...app, volumeMounts: [mount], env: [env] }, helper],
      initContainers: [{ ...init, volumeMounts: [mount], env: [env] }],
      volumes: [volume],
    };
    const selective = { ...record, containers: ['app'], initContainers: [] };
    expect(without(spec, selective)).toEqual({
      containers: [{ ...app, ...empty }, helper],
      initContainers: spec.initContainers,
      volumes: [],
    });
    // A claim of another admission that the record is silent on goes from everywhere.
    expect(without(spec, { ...selective, volumes: [] }, 'claim').containers[1]).toEqual({
      ...helper,
      volumeMounts: [],
    });
  });
  test('but not the mounts of a volume that we mounted nowhere', () => {
    const spec = { containers: [{ ...app, volumeMounts: [mount] }], volumes: [volume] };
    expect(without(spec, { ...record, mounts: [] })).toEqual({ ...spec, volumes: [] });
  });
  test('but never the last container', () => {
    const spec = { containers: [sidecar] };
    expect(without(spec)).toEqual(spec);
  });
  test('and nothing where there is nothing', () => {
    expect(withdraw('/spec', { containers: [app] }, record, () => true)).toEqual([]);
  });
});

describe('a record', () => {
  test('is read back', () => {
    expect(readRecord(JSON.stringify(record))).toEqual(record);
  });
  test('is read back with whom it concerns', () => {
    const selective = { ...record, mounts: [], containers: ['app'], initContainers: [] };
    expect(readRecord(JSON.stringify(selective))).toEqual(selective);
    expect(readRecord(JSON.stringify({ ...record, containers: 7 }))).toEqual(record);
  });
  test.each([undefined, '', '{', 'null', '7', '[]', '{"volumes":7,"envs":[7],"sidecar":{}}'])(
    'that is none (%s) is empty',
    (text) => {
      expect(readRecord(text)).toEqual({ fluentPVC: '', sidecar: '', volumes: [], envs: [] });
    },
  );
  test('of whatever text never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { sidecar: name, volumes, envs } = readRecord(text);
        expect([typeof name, Array.isArray(volumes), Array.isArray(envs)]).toEqual([
          'string',
          true,
          true,
        ]);
      }),
    );
  });
});
