import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import { labels } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { applyOperations } from '../../../src/core/inject.ts';
import type { PatchOperation } from '../../../src/core/plan.ts';
import { podPlan, type Arrival, type PodPlan } from '../../../webhook/pod-plan.ts';
import * as arbitrary from '../../support/arbitrary.ts';
import { make, T0 } from '../../support/make.ts';
import '../../support/one-realm.ts';

const text = fc.constantFrom('x', 'y/z', 'weird~/key');
const own = fc.option(fc.dictionary(text, fc.string(), { maxKeys: 2 }), { nil: undefined });
const pods: fc.Arbitrary<Pod> = fc
  .record({
    metadata: fc.record(
      {
        name: fc.constant('app-0'),
        generateName: fc.constant('app-'),
        annotations: own,
        namespace: fc.constantFrom('', 'shop'),
        'x-unknown': fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
    spec: arbitrary.spec,
    'x-unknown': fc.jsonValue(),
  })
  .map(({ metadata, ...rest }) =>
    arbitrary.plain({
      ...make.newPod(),
      ...rest,
      metadata: { ...metadata, labels: { [labels.fluentPVC]: 'logs' } } as Pod['metadata'],
    }),
  );
const fluentPVCs: fc.Arbitrary<Stored<FluentPVC>> = fc
  .tuple(arbitrary.injection, fc.boolean())
  .map(([what, defined]) => {
    const { spec } = make.fluentPVC();
    const { sidecar } = what;
    // What it mounts and does not define, Pods must have.
    const others = defined ? what.mounts.map(({ name }) => ({ name })) : [];
    return arbitrary.plain(
      make.fluentPVC({
        spec: {
          ...spec,
          commonVolumes: [...what.volumes, ...others].filter(
            ({ name }) => name !== spec.pvcVolumeName,
          ),
          commonVolumeMounts: what.mounts.map((mount) => ({
            ...mount,
            mountPath: `/c${mount.mountPath}`,
          })),
          commonEnvs: [...what.envs],
          ...(sidecar === undefined ? {} : { sidecarMode: sidecar.mode }),
          injection: {
            ...(what.containers === undefined ? {} : { containers: [...what.containers] }),
            ...(what.initContainers === undefined
              ? {}
              : { initContainers: [...what.initContainers] }),
          },
        },
      }),
    );
  });

function plan(pod: Pod, fluentPVC: Stored<FluentPVC>, uid: string, arrival?: Arrival): PodPlan {
  return podPlan({
    now: T0,
    request: { uid, namespace: 'shop' },
    pod,
    fluentPVC,
    namespaceLabels: undefined,
    storageClassExists: false,
    arrival,
    defaults: make.defaults,
  });
}
interface Admitted {
  pod: Pod;
  fluentPVC: Stored<FluentPVC>;
  operations: readonly PatchOperation[];
  after: Pod;
  decided: PodPlan;
}
/** Holds for every Pod that is admitted; enough of them are. */
function always(holds: (admitted: Admitted) => void): void {
  let admitted = 0;
  fc.assert(
    fc.property(pods, fluentPVCs, (pod, fluentPVC) => {
      const decided = plan(pod, fluentPVC, 'first');
      if (!decided.answer.allowed) return;
      admitted += 1;
      const { operations = [] } = decided.answer;
      holds({ pod, fluentPVC, operations, decided, after: applyOperations(pod, operations) });
    }),
    { numRuns: 150 },
  );
  expect(admitted).toBeGreaterThan(50);
}

describe('whatever the Pod and the FluentPVC', () => {
  test('the patch is minimal: without any of its operations the Pod would be another', () => {
    always(({ pod, operations, after }) => {
      operations.forEach((_, index) => {
        const fewer = operations.filter((_one, other) => other !== index);
        let without: unknown;
        try {
          without = applyOperations(pod, fewer);
        } catch {
          return; // Others build on it.
        }
        expect(isDeepStrictEqual(without, after)).toBe(false);
      });
    });
  });

  test('every volume that ours mount is there', () => {
    always(({ fluentPVC, after }) => {
      const there = after.spec.volumes?.map(({ name }) => name);
      for (const { name } of fluentPVC.spec.commonVolumeMounts ?? []) expect(there).toContain(name);
    });
  });

  test('asked again for the Pod as it became, nothing changes', () => {
    always(({ fluentPVC, decided, after }) => {
      const [, binding] = decided.writes;
      const stored = make.binding({
        metadata: binding?.object.metadata ?? {},
        spec: (binding?.object as ReturnType<typeof make.binding> | undefined)?.spec ?? {},
      });
      expect(plan(after, fluentPVC, 'second', { binding: stored, taken: false })).toEqual({
        answer: { allowed: true },
        writes: [],
      });
    });
  });

  test('made anew from its YAML it is as it became, but for the name of its own claim', () => {
    always(({ fluentPVC, after, decided }) => {
      const again = plan(after, fluentPVC, 'second', { binding: undefined, taken: false });
      if (!again.answer.allowed) throw new Error(again.answer.denial.message);
      const copy = applyOperations(after, again.answer.operations ?? []);
      const name = (one: PodPlan): string => one.writes[0]?.object.metadata.name ?? '';
      expect(JSON.stringify(copy)).not.toContain(name(decided));
      const volumes = (pod: Pod): string[] =>
        (pod.spec.volumes ?? []).map((volume) => volume.name).toSorted();
      expect(volumes(copy)).toEqual(volumes(after));
      // What is taken out and put in again stands at the end, and an empty list may be left.
      const sorted = (list: readonly unknown[] | undefined): string[] =>
        (list ?? []).map((entry) => JSON.stringify(entry)).toSorted();
      const containers = (pod: Pod): unknown[] =>
        [pod.spec.initContainers ?? [], pod.spec.containers].map((list) =>
          list.map(({ env, volumeMounts, ...rest }) => ({
            ...rest,
            env: sorted(env),
            volumeMounts: sorted(volumeMounts),
          })),
        );
      expect(containers(copy)).toEqual(containers(after));
    });
  });

  test('fields that nobody knows survive', () => {
    always(({ pod, after }) => {
      const { spec: _spec, metadata, ...unknown } = pod;
      const { annotations, labels: _labels, ...others } = metadata;
      expect(after).toMatchObject(unknown);
      expect(after.metadata).toMatchObject(others);
      expect(after.metadata.annotations).toMatchObject(annotations ?? {});
    });
  });
});
