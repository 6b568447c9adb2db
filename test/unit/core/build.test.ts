import { describe, expect, test } from '@jest/globals';
import { podDeletionTrigger, type FluentPVCSpec } from '../../../src/api/fluentpvc.ts';
import { annotations, API_VERSION, finalizers, labels } from '../../../src/api/names.ts';
import type { PodSpec } from '../../../src/api/pod.ts';
import {
  buildBinding,
  buildClaim,
  buildInjection,
  buildSnapshot,
} from '../../../src/core/build.ts';
import { make } from '../../support/make.ts';

const admission = { name: 'logs-x', namespace: 'shop', id: 'request-uid' };
const common = {
  name: 'logs-x',
  namespace: 'shop',
  labels: { [labels.fluentPVC]: 'logs', [labels.binding]: 'logs-x' },
  annotations: { [annotations.admissionId]: 'request-uid' },
};

test('the claim is kept by our finalizer, and nothing owns it', () => {
  const fluentPVC = make.fluentPVC();
  expect(buildClaim(admission, fluentPVC)).toEqual({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...common, finalizers: [finalizers.claim] },
    spec: fluentPVC.spec.pvcSpecTemplate,
  });
});

test('fields of the claim that this program does not know pass through', () => {
  const pvcSpecTemplate = { accessModes: ['ReadWriteOncePod'], volumeAttributesClassName: 'gold' };
  expect(buildClaim(admission, make.fluentPVC({ spec: { pvcSpecTemplate } })).spec).toEqual(
    pvcSpecTemplate,
  );
});

describe('the binding', () => {
  const binding = (spec: Partial<FluentPVCSpec> = {}, pod = make.newPod()) =>
    buildBinding(admission, make.fluentPVC({ spec }), pod, make.defaults);

  test('is owned by the FluentPVC and kept by a finalizer', () => {
    expect(binding()).toMatchObject({
      apiVersion: API_VERSION,
      kind: 'FluentPVCBinding',
      metadata: {
        ...common,
        finalizers: [finalizers.binding],
        ownerReferences: [
          {
            apiVersion: API_VERSION,
            kind: 'FluentPVC',
            name: 'logs',
            uid: 'fluentpvc-uid',
            controller: true,
          },
        ],
      },
    });
  });
  test('names FluentPVC, Pod and claim, whose uids it cannot know yet', () => {
    expect(binding().spec).toMatchObject({
      fluentPVC: { name: 'logs', uid: 'fluentpvc-uid' },
      pod: { name: 'app-0', uid: '' },
      pvc: { name: 'logs-x', uid: '' },
    });
  });
  test('has no Pod name yet for a Pod with generateName', () => {
    const { name, ...metadata } = make.newPod().metadata;
    const pod = { ...make.newPod(), metadata: { ...metadata, generateName: 'app-' } };
    expect(binding({}, pod).spec.pod).toEqual({ name: '', uid: '' });
  });
  test('holds the grace period of the Pod, where it says one', () => {
    expect(binding().spec).not.toHaveProperty('terminationGracePeriodSeconds');
    for (const terminationGracePeriodSeconds of [0, 300]) {
      const pod = make.newPod({ spec: { terminationGracePeriodSeconds } });
      expect(binding({}, pod).spec).toMatchObject({ terminationGracePeriodSeconds });
    }
  });
  test('holds the snapshot as JSON', () => {
    expect(JSON.parse(binding().spec.snapshot ?? '')).toEqual(make.snapshot());
  });

  const sidecars: Record<string, { spec: Partial<FluentPVCSpec>; sidecar: object }> = {
    "takes the operator's defaults": {
      spec: {},
      sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
    },
    'takes what the FluentPVC says': {
      spec: { sidecarMode: 'Regular', podDeletionTrigger: 'SidecarTermination' },
      sidecar: { name: 'fluentd', mode: 'Regular', podDeletionTrigger: 'SidecarTermination' },
    },
    'never deletes the Pod where that is switched off': {
      spec: {
        deletePodIfSidecarContainerTerminationDetected: false,
        podDeletionTrigger: 'SidecarTermination',
      },
      sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'Never' },
    },
  };
  test.each(Object.entries(sidecars))('of the sidecar: %s', (_, { spec, sidecar }) => {
    expect(binding(spec).spec.sidecar).toEqual(sidecar);
  });
});

describe('an integer of the Pod that JavaScript has rounded', () => {
  const huge = 9_223_372_036_854_776_000;
  test('of a toleration is for ever: without a time', () => {
    const short = { key: 'a', tolerationSeconds: 7 };
    const tolerations = [{ key: 'b', effect: 'NoExecute', tolerationSeconds: huge }, short];
    const { pod } = buildSnapshot(make.fluentPVC().spec, { containers: [], tolerations });
    expect(pod.tolerations).toEqual([{ key: 'b', effect: 'NoExecute' }, short]);
  });
  test('of the grace period is left out', () => {
    const pod = make.newPod({ spec: { containers: [], terminationGracePeriodSeconds: huge } });
    const admission = { name: 'n', namespace: 'shop', id: 'i' };
    const { spec } = buildBinding(admission, make.fluentPVC(), pod, make.defaults);
    expect(spec).not.toHaveProperty('terminationGracePeriodSeconds');
  });
});

describe('the snapshot', () => {
  test('has the common parts of the FluentPVC', () => {
    const spec = {
      commonEnvs: [{ name: 'A', value: '1' }],
      commonVolumes: [{ name: 'v' }],
      commonVolumeMounts: [{ name: 'v', mountPath: '/v' }],
    };
    const fluentPVC = make.fluentPVC({ spec });
    expect(buildSnapshot(fluentPVC.spec, { containers: [] })).toEqual({
      ...spec,
      jobSpecTemplate: fluentPVC.spec.pvcFinalizerJobSpecTemplate,
      volumeName: 'logs',
      mountPath: '/var/log/app',
      pod: {},
    });
  });

  const pods: Record<string, { spec: object; pod: object }> = {
    'nothing of a plain Pod': { spec: {}, pod: {} },
    'what a Job needs to be scheduled and to read': {
      spec: {
        tolerations: [{ key: 'a' }],
        imagePullSecrets: [{ name: 'p' }],
        runtimeClassName: 'r',
        securityContext: { fsGroup: 1, supplementalGroups: [2] },
      },
      pod: {
        tolerations: [{ key: 'a' }],
        imagePullSecrets: [{ name: 'p' }],
        runtimeClassName: 'r',
        securityContext: { fsGroup: 1, supplementalGroups: [2] },
      },
    },
    'no more of a securityContext than the groups': {
      spec: { securityContext: { runAsUser: 7, fsGroup: 1 } },
      pod: { securityContext: { fsGroup: 1 } },
    },
    'supplemental groups alone': {
      spec: { securityContext: { supplementalGroups: [2] } },
      pod: { securityContext: { supplementalGroups: [2] } },
    },
    'no securityContext without groups': { spec: { securityContext: { runAsUser: 7 } }, pod: {} },
    'never where the Pod ran: the volume decides': {
      spec: { nodeName: 'n', nodeSelector: { a: 'b' }, affinity: {}, hostname: 'h' },
      pod: {},
    },
  };
  test.each(Object.entries(pods))('has of the Pod: %s', (_, { spec, pod }) => {
    const podSpec: PodSpec = { containers: [], ...spec };
    expect(buildSnapshot(make.fluentPVC().spec, podSpec).pod).toEqual(pod);
  });
});

test('the claim comes after the common volumes, so that it holds', () => {
  const snapshot = make.snapshot({
    commonEnvs: [{ name: 'A' }],
    commonVolumes: [{ name: 'v' }],
    commonVolumeMounts: [{ name: 'v', mountPath: '/v' }],
  });
  expect(buildInjection(snapshot, 'claim')).toEqual({
    volumes: [{ name: 'v' }, { name: 'logs', persistentVolumeClaim: { claimName: 'claim' } }],
    mounts: [
      { name: 'v', mountPath: '/v' },
      { name: 'logs', mountPath: '/var/log/app' },
    ],
    envs: [{ name: 'A' }],
  });
});

test('podDeletionTrigger is on where the FluentPVC is silent or says true', () => {
  const triggers = [undefined, true, false].map((value) =>
    podDeletionTrigger(
      {
        ...make.fluentPVC().spec,
        ...(value === undefined ? {} : { deletePodIfSidecarContainerTerminationDetected: value }),
      },
      make.defaults,
    ),
  );
  expect(triggers).toEqual(['SidecarFailure', 'SidecarFailure', 'Never']);
});
