import { describe, expect, test } from '@jest/globals';
import { admissionName, annotations, labels } from '../../../src/api/names.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import { podPlan, type Arrival, type PodPlan } from '../../../webhook/pod-plan.ts';
import { at, make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

const name = (uid: string): string => admissionName({ name: 'logs', uid: 'fluentpvc-uid' }, uid);
function plan(pod: Pod, uid: string, arrival?: Arrival, now = T0 + 10_000): PodPlan {
  return podPlan({
    now,
    request: { uid, namespace: 'shop' },
    pod,
    fluentPVC: make.fluentPVC(),
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival,
    defaults: make.defaults,
  });
}
function patched(pod: Pod, { answer }: PodPlan): Pod {
  if (!answer.allowed) throw new Error(answer.denial.message);
  return applyOperations(pod, answer.operations ?? []);
}
const fresh = make.newPod();
const first = patched(fresh, plan(fresh, 'first'));
const young = make.binding({
  metadata: { name: name('first'), creationTimestamp: at(0) },
  spec: { pod: { name: 'app-0', uid: '' }, pvc: { name: name('first'), uid: '' } },
});

describe('a Pod that arrives with a binding', () => {
  test('of this very admission is admitted as it is', () => {
    const again = plan(first, 'second', { binding: young, taken: false });
    expect(again).toEqual({ answer: { allowed: true }, writes: [] });
  });

  const spec = { ...young.spec, pod: { name: 'app-0', uid: 'pod-uid' } };
  const others: Record<string, { arrival: Arrival; now?: number; pod?: Pod }> = {
    'that is gone': { arrival: { binding: undefined, taken: false } },
    'that a Pod has already': { arrival: { binding: young, taken: true } },
    'whose Pod was seen': { arrival: { binding: { ...young, spec }, taken: false } },
    'that is 30 s old': { arrival: { binding: young, taken: false }, now: T0 + 30_000 },
    'that is being deleted': {
      arrival: {
        binding: { ...young, metadata: { ...young.metadata, deletionTimestamp: at(1) } },
        taken: false,
      },
    },
    'of a Pod of another name': {
      arrival: { binding: young, taken: false },
      pod: { ...first, metadata: { ...first.metadata, name: 'app-1' } },
    },
    'of another FluentPVC': {
      arrival: {
        binding: { ...young, spec: { ...young.spec, fluentPVC: { name: 'other', uid: 'x' } } },
        taken: false,
      },
    },
    'without its sidecar': {
      arrival: { binding: young, taken: false },
      pod: { ...first, spec: { ...first.spec, initContainers: [] } },
    },
    'whose claim it does not mount': {
      arrival: { binding: young, taken: false },
      pod: make.newPod({ metadata: first.metadata, spec: fresh.spec }),
    },
  };
  test.each(Object.entries(others))(
    '%s is new: it gets a claim of its own and nothing of the other',
    (_, { arrival, now, pod = first }) => {
      const decided = plan(pod, 'second', arrival, now);
      expect(decided.writes.map(({ object }) => object.metadata.name)).toEqual([
        name('second'),
        name('second'),
      ]);
      const after = patched(pod, decided);
      expect(JSON.stringify(after)).not.toContain(name('first'));
      const own = patched(fresh, plan(fresh, 'second'));
      expect(after.metadata.labels).toEqual(own.metadata.labels);
      expect(after.spec.volumes).toEqual(own.spec.volumes);
      expect(after.spec.initContainers?.map((one) => one.name)).toEqual(
        own.spec.initContainers?.map((one) => one.name),
      );
      expect(after.spec.containers[0]?.volumeMounts).toEqual(own.spec.containers[0]?.volumeMounts);
    },
  );

  test('and no record of what was injected loses the claim of the other all the same', () => {
    const { [annotations.injected]: _record, ...kept } = first.metadata.annotations ?? {};
    const volumes = (first.spec.volumes ?? []).map((volume) => ({ ...volume, name: 'renamed' }));
    const pod = make.newPod({
      metadata: { ...first.metadata, annotations: kept },
      spec: { ...first.spec, volumes },
    });
    const after = patched(pod, plan(pod, 'second', { binding: undefined, taken: false }));
    expect(JSON.stringify(after)).not.toContain(name('first'));
  });
  test('and lost label and record loses the claim of the other all the same', () => {
    const volumes = (first.spec.volumes ?? []).map((volume) => ({ ...volume, name: 'renamed' }));
    const pod = make.newPod({ spec: { ...first.spec, volumes } });
    const after = patched(pod, plan(pod, 'second'));
    expect(JSON.stringify(after)).not.toContain(name('first'));
  });
  test('and lost its label is cleaned by its record', () => {
    const { [labels.binding]: _label, ...kept } = first.metadata.labels ?? {};
    const pod = make.newPod({ metadata: { ...first.metadata, labels: kept }, spec: first.spec });
    const after = patched(pod, plan(pod, 'second'));
    expect(JSON.stringify(after)).not.toContain(name('first'));
  });
});
