import { describe, expect, test } from '@jest/globals';
import type { Binding, BindingStatus } from '../../../../src/api/binding.ts';
import { labels } from '../../../../src/api/names.ts';
import type { ObjectMeta, Stored } from '../../../../src/api/object.ts';
import type { ContainerState, Pod, PodStatus } from '../../../../src/api/pod.ts';
import { bindingStory, podStory } from '../../../../e2e/demo/chronicle.ts';
import { linesWritten } from '../../../../e2e/demo/ledger.ts';
import { cast } from '../../../../e2e/demo/objects.ts';

function metadata(change: ObjectMeta): Stored<Pod>['metadata'] {
  return { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...change };
}

function pod(status: PodStatus = {}, meta: ObjectMeta = {}): Stored<Pod> {
  const marks = { [labels.fluentPVC]: 'demo', [labels.binding]: 'c', ...meta.labels };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata({ ...meta, labels: marks }),
    spec: {
      containers: [{ name: 'writer' }],
      volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: 'c' } }],
    },
    status,
  };
}

function ended(exitCode: number, message?: string): ContainerState {
  const finishedAt = '2026-01-01T00:00:00Z';
  return { terminated: { exitCode, finishedAt, ...(message !== undefined && { message }) } };
}

const running: PodStatus = { phase: 'Running' };
const goes = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const crashed: PodStatus = {
  phase: 'Running',
  initContainerStatuses: [{ name: 'shipper', state: ended(1) }],
};
const restarted: PodStatus = {
  phase: 'Running',
  initContainerStatuses: [{ name: 'shipper', state: { running: {} }, lastState: ended(1) }],
};
const written: PodStatus = {
  ...running,
  containerStatuses: [{ name: 'writer', state: ended(0, 'wrote 12 lines\n') }],
};
const evicted: PodStatus = {
  ...running,
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }],
};
const job = { labels: { [labels.finalizerJobOf]: 'j' } };
const drain = (state: ContainerState): PodStatus => ({
  containerStatuses: [{ name: 'drain', state }],
});

describe('the chronicle of a Pod', () => {
  test.each<[string, Stored<Pod> | undefined, Stored<Pod> | undefined, readonly string[]]>([
    ['tells its creation', undefined, pod(), ['Pod p is created with PVC c and its sidecar']],
    ['tells that it runs', pod(), pod(running), ['Pod p is Running']],
    ['tells nothing when nothing changed', pod(running), pod(running), []],
    ['tells how its sidecar ended', pod(running), pod(crashed), ['sidecar of p exited with 1']],
    [
      'tells it also where the sidecar runs again already',
      pod(running),
      pod(restarted),
      ['sidecar of p exited with 1'],
    ],
    ['tells an end once', pod(crashed), pod(restarted), []],
    ['tells no end of the sidecar once the Pod goes', pod(running, goes), pod(crashed, goes), []],
    ['tells its deletion', pod(running), pod(running, goes), ['Pod p is being deleted']],
    [
      'tells an eviction',
      pod(running),
      pod(evicted, goes),
      ['Pod p is being deleted (EvictionByEvictionAPI)'],
    ],
    ['tells what its writer said', pod(running), pod(written), ['writer of p ended, 12 lines']],
    ['tells that it is gone', pod(written, goes), undefined, ['Pod p is gone']],
    [
      'tells how a finalizer Job ended',
      pod(drain({ running: {} }), job),
      pod(drain(ended(1, '3 lines left\n')), job),
      ['finalizer Job j exited with 1: 3 lines left'],
    ],
  ])('%s', (_sentence, before, after, lines) => {
    expect(podStory({ before, after }, cast)).toEqual(lines);
  });

  test('ignores Pods of others', () => {
    const other = { ...pod(), metadata: metadata({ labels: { app: 'x' } }) };
    expect(podStory({ before: undefined, after: other }, cast)).toEqual([]);
  });
});

describe('the lines that a Pod wrote', () => {
  test.each<[string, PodStatus, number | undefined]>([
    ['are what its writer said at its end', written, 12],
    ['are unknown as long as it runs', running, undefined],
    [
      'are unknown when it was cut off',
      { containerStatuses: [{ name: 'writer', state: ended(137) }] },
      undefined,
    ],
    [
      'are unknown when it was started again: it numbers on',
      {
        containerStatuses: [
          { name: 'writer', state: { running: {} }, lastState: ended(0, 'wrote 12 lines') },
        ],
      },
      undefined,
    ],
  ])('%s', (_sentence, status, count) => {
    expect(linesWritten(pod(status))).toBe(count);
  });
});

describe('the chronicle of a binding', () => {
  const binding = (status: BindingStatus): Stored<Binding> => ({
    apiVersion: 'v1',
    kind: 'FluentPVCBinding',
    metadata: metadata({ name: 'b' }),
    spec: {
      fluentPVC: { name: '', uid: '' },
      pod: { name: '', uid: '' },
      pvc: { name: '', uid: '' },
    },
    status,
  });
  test.each<[string, Stored<Binding> | undefined, Stored<Binding> | undefined, readonly string[]]>([
    ['tells a new phase', undefined, binding({ phase: 'Ready' }), ['binding b is Ready']],
    ['tells it once', binding({ phase: 'Ready' }), binding({ phase: 'Ready', nodeName: 'n' }), []],
    [
      'tells when a drain is tried again',
      binding({ phase: 'FinalizerJobApplied' }),
      binding({ phase: 'FinalizerJobFailed', attempts: 2, nextAttemptTime: 'T' }),
      ['binding b is FinalizerJobFailed (attempt 2; the next one at T)'],
    ],
    ['tells that it is gone', binding({ phase: 'Ready' }), undefined, ['binding b is gone']],
  ])('%s', (_sentence, before, after, lines) => {
    expect(bindingStory({ before, after })).toEqual(lines);
  });
});
