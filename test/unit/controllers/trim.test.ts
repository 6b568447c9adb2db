import { describe, expect, test } from '@jest/globals';
import {
  trimBinding,
  trimClaim,
  trimJob,
  trimNamespace,
  trimPod,
} from '../../../controllers/trim.ts';
import { sidecarTrouble } from '../../../controllers/pod/sidecar-trouble.ts';
import { claimIdentity } from '../../../controllers/binding/claim-identity.ts';
import { jobOutcome } from '../../../src/api/job.ts';
import { annotations } from '../../../src/api/names.ts';
import type { KubeObject, Stored } from '../../../src/api/object.ts';
import { hasEnded, mountsClaim } from '../../../src/api/pod.ts';
import { at, make, NAME } from '../../support/make.ts';

const bulk = { managedFields: [{ manager: 'kubelet' }], selfLink: '/x', generateName: 'app-' };
const bulky = <T extends KubeObject>(object: Stored<T>): Stored<T> => ({
  ...object,
  metadata: { ...object.metadata, ...bulk },
});
const metadata = {
  deletionTimestamp: at(9),
  deletionGracePeriodSeconds: 600,
  generation: 3,
  ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }],
  labels: { a: 'b' },
};

describe('of the metadata of everything', () => {
  const trimmed = {
    binding: trimBinding(bulky(make.binding({ metadata }))),
    claim: trimClaim(bulky(make.claim({ metadata }))),
    job: trimJob(bulky(make.job({ metadata }))),
    pod: trimPod(bulky(make.pod({ metadata }))),
  };
  test.each(Object.entries(trimmed))('%s keeps what plans read and nothing else', (_, object) => {
    expect(object.metadata).toMatchObject({
      ...metadata,
      namespace: 'shop',
      resourceVersion: '500',
      creationTimestamp: at(0),
      uid: expect.any(String) as unknown,
      name: expect.any(String) as unknown,
    });
    for (const name of Object.keys(bulk)) expect(object.metadata).not.toHaveProperty(name);
  });
  test('absent fields stay absent', () => {
    const { namespace, labels, ...rest } = make.pod().metadata;
    const trimmedPod = trimPod({ ...make.pod(), metadata: rest });
    expect(Object.keys(trimmedPod.metadata).toSorted()).toEqual([
      'creationTimestamp',
      'name',
      'resourceVersion',
      'uid',
    ]);
  });
});

test('of annotations those of other programs go', () => {
  const own = { [annotations.admissionId]: 'request', [annotations.retry]: 'x' };
  const others = { 'volume.kubernetes.io/selected-node': 'node-1', 'example.com/x': 'y' };
  const metadata = { annotations: { ...others, ...own } };
  expect(trimClaim(make.claim({ metadata })).metadata.annotations).toEqual(own);
  expect(trimBinding(make.binding({ metadata })).metadata.annotations).toEqual(own);
});

test('a binding loses its snapshot, and nothing else of spec and status', () => {
  const binding = make.binding({
    spec: { snapshot: '{}' },
    status: { phase: 'Ready', conditions: [make.condition('Ready')], attempts: 2 },
  });
  const { snapshot, ...spec } = binding.spec;
  const trimmed = trimBinding(binding);
  expect(trimmed.spec).toEqual(spec);
  expect(trimmed.status).toEqual(binding.status);
  expect(trimmed.metadata.annotations).toEqual(binding.metadata.annotations);
  expect(binding.spec.snapshot).toBe('{}');
});

test('what says the same in most objects is there once, and nobody changes it by mistake', () => {
  const names = ['one', 'another'];
  const [binding, otherBinding] = names.map((name) => {
    const ownerReferences = [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }];
    const finalization = { onSuccess: 'Retain', onNamespaceDeletion: 'Rescue' } as const;
    return trimBinding(
      make.binding({ metadata: { name, ownerReferences }, spec: { finalization } }),
    );
  });
  const [pod, otherPod] = names.map((name) => trimPod(make.endedPod({ metadata: { name } })));
  const [claim, otherClaim] = names.map((name) => trimClaim(make.claim({ metadata: { name } })));
  const pairs = {
    finalizers: [binding?.metadata.finalizers, otherBinding?.metadata.finalizers],
    owners: [binding?.metadata.ownerReferences, otherBinding?.metadata.ownerReferences],
    fluentPVC: [binding?.spec.fluentPVC, otherBinding?.spec.fluentPVC],
    sidecar: [binding?.spec.sidecar, otherBinding?.spec.sidecar],
    finalization: [binding?.spec.finalization, otherBinding?.spec.finalization],
    conditions: [pod?.status?.conditions, otherPod?.status?.conditions],
    status: [claim?.status, otherClaim?.status],
  };
  for (const [name, [part, other]] of Object.entries(pairs)) {
    expect([name, part]).not.toEqual([name, undefined]);
    expect([name, part === other]).toEqual([name, true]);
  }
  expect(() => binding?.metadata.finalizers?.push('x')).toThrow(TypeError);
  expect(() => Object.assign(binding?.metadata.ownerReferences?.[0] ?? {}, { name: 'x' })).toThrow(
    TypeError,
  );
});

test('of a namespace is kept by what FluentPVCs select it, and whether it goes', () => {
  const { metadata } = make.claim({
    metadata: { name: 'shop', labels: { team: 'red' }, deletionTimestamp: at(1) },
  });
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers: ['x'] } };
  const trimmed = trimNamespace(namespace);
  expect(trimmed.metadata).toMatchObject({
    name: 'shop',
    labels: { team: 'red' },
    deletionTimestamp: at(1),
  });
  expect(Object.keys(trimmed)).toEqual(['apiVersion', 'kind', 'metadata']);
  expect(trimmed.metadata.annotations).toBeUndefined();
});
test('a claim is still known as ours, and whether it is lost', () => {
  const volume = trimClaim(make.claim({ spec: { volumeName: 'pv-1' } }));
  expect(volume.spec).toEqual({ volumeName: 'pv-1' });
  const trimmed = trimClaim(make.claim({ status: { phase: 'Lost' } }));
  expect(claimIdentity(trimmed, make.binding()).is).toBe('ours');
  expect(trimmed).toMatchObject({ spec: {}, status: { phase: 'Lost' } });
  const { status, ...unbound } = make.claim();
  expect(trimClaim(unbound)).not.toHaveProperty('status');
});

test('a Job keeps its outcome and loses its template', () => {
  const status = {
    startTime: at(1),
    conditions: [{ type: 'Failed', status: 'True', reason: 'R', message: 'm' }],
  };
  const trimmed = trimJob(make.job({ status }));
  expect(jobOutcome(trimmed)).toEqual({ succeeded: false, reason: 'R', message: 'R: m' });
  expect(trimmed.status).not.toHaveProperty('startTime');
  expect(trimmed.spec.template.spec.containers).toEqual([]);
  expect(trimJob(make.job())).not.toHaveProperty('status');
});

describe('a Pod', () => {
  const pod = make.pod({
    metadata: { annotations: { long: 'x'.repeat(1000) } },
    spec: {
      terminationGracePeriodSeconds: 90,
      volumes: [
        { name: 'config' },
        { name: 'logs', persistentVolumeClaim: { claimName: NAME, readOnly: false } as never },
      ],
    },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Initialized', status: 'True' },
      ],
      initContainerStatuses: [
        {
          ...make.running('fluentd', { restartCount: 1, lastState: make.terminated(1, 50) }),
          imageID: 'sha256:x',
        } as never,
      ],
      containerStatuses: [make.running('app')],
      ephemeralContainerStatuses: [make.running('debug')],
    },
  });
  const trimmed = trimPod(pod);
  test('keeps its node, its grace period, and of its volumes the claims', () => {
    expect(trimmed.spec).toMatchObject({
      nodeName: 'node-1',
      terminationGracePeriodSeconds: 90,
      containers: [],
      volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: NAME } }],
    });
    expect(mountsClaim(trimmed, NAME)).toBe(true);
  });
  test('keeps what says whether it has ended', () => {
    expect(hasEnded(trimmed)).toBe(false);
    const failed = { ...pod.status, phase: 'Failed' as const };
    for (const list of ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'])
      expect(
        hasEnded(trimPod(make.pod({ status: { phase: 'Failed', [list]: failed[list as never] } }))),
      ).toBe(false);
    expect(hasEnded(trimPod(make.endedPod()))).toBe(true);
  });
  test('keeps what says how its sidecar is', () => {
    const sidecar = {
      name: 'fluentd',
      mode: 'Native',
      podDeletionTrigger: 'SidecarFailure',
    } as const;
    expect(sidecarTrouble(trimmed, sidecar)).toBe(sidecarTrouble(pod, sidecar));
    expect(sidecarTrouble(trimmed, sidecar)).toContain('exit code 1');
    expect(trimmed.status?.conditions).toEqual([{ type: 'Ready', status: 'False' }]);
  });
  test('keeps why no node takes it, in words, and no times', () => {
    const why = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available',
    };
    const times = { lastProbeTime: null, lastTransitionTime: at(1), observedGeneration: 1 };
    const { status } = trimPod(make.pod({ status: { conditions: [{ ...why, ...times }] } }));
    expect(status?.conditions).toEqual([why]);
  });
  test('loses annotations and what else is large', () => {
    expect(trimmed.metadata).not.toHaveProperty('annotations');
    expect(JSON.stringify(trimmed)).not.toContain('sha256');
  });
  test('without status or volumes is trimmed, too', () => {
    const { status, ...bare } = make.pod({ spec: { volumes: [] } });
    expect(trimPod(bare)).toMatchObject({ spec: { volumes: [] } });
    expect(trimPod(bare).status).not.toHaveProperty('phase');
  });
});
