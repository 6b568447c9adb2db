import { describe, expect, test } from '@jest/globals';
import { createPodDecider } from '../../../controllers/pod.ts';
import { bindingKeyBy } from '../../../controllers/caches.ts';
import type { Binding } from '../../../src/api/binding.ts';
import { labels } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { ContainerStatus, Pod } from '../../../src/api/pod.ts';
import { fakeCache } from '../../support/fake-cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { at, make } from '../../support/make.ts';
import { deeds } from '../../support/said.ts';

const crashed = (seconds: number, state: ContainerStatus['state']): Stored<Pod> =>
  make.pod({
    status: {
      phase: 'Running',
      initContainerStatuses: [
        {
          name: 'fluentd',
          restartCount: 1,
          state: state ?? {},
          lastState: make.terminated(1, seconds),
        },
      ],
      containerStatuses: [make.running('app')],
      conditions: [{ type: 'Ready', status: 'False' }],
    },
  });
const failing = crashed(50, { waiting: { reason: 'CrashLoopBackOff' } });

function setup(pod: Stored<Pod> = failing, binding: Stored<Binding> = make.binding()) {
  const clock = new FakeClock();
  const pods = fakeCache<Pod>([pod], bindingKeyBy(labels.binding));
  const bindings = fakeCache<Binding>([binding]);
  const decide = createPodDecider({
    caches: { pods, bindings },
    clock,
    evictionTimeoutMs: 300_000,
  });
  const verbs = async (): Promise<string[]> => deeds((await decide('shop/app-0')).writes);
  return { clock, pods, bindings, verbs };
}

test('a Pod whose sidecar failed is evicted', async () => {
  expect(await setup().verbs()).toEqual(['evict Pod', 'event SidecarFailed']);
});

describe('left alone is a Pod', () => {
  const { sidecar, ...spec } = make.binding().spec;
  const cases: Record<string, { pod?: Stored<Pod>; binding?: Stored<Binding> }> = {
    'that is gone': { pod: make.pod({ metadata: { name: 'other' } }) },
    'without our label': { pod: { ...failing, metadata: { ...failing.metadata, labels: {} } } },
    'that names another binding': {
      pod: { ...failing, metadata: { ...failing.metadata, labels: { [labels.binding]: 'other' } } },
    },
    'with our label that does not mount the claim': {
      pod: { ...failing, spec: { ...failing.spec, volumes: [] } },
    },
    'whose binding knows no sidecar': { binding: { ...make.binding(), spec } },
    'whose sidecar is well': { pod: make.pod() },
  };
  test.each(Object.entries(cases))('%s', async (_, { pod, binding }) => {
    expect(await setup(pod, binding).verbs()).toEqual([]);
  });
});

describe('held by a disruption budget for longer than the eviction timeout', () => {
  test('it is deleted', async () => {
    const { verbs, clock } = setup();
    await verbs();
    await clock.advance(300_000);
    expect(await verbs()).toEqual(['evict Pod', 'event SidecarFailed']);
    await clock.advance(1);
    expect(await verbs()).toEqual(['delete Pod', 'event SidecarFailed']);
  });
  test('never at the first look: the operator may have been away', async () => {
    const { verbs, clock } = setup();
    await clock.advance(3_600_000);
    expect((await verbs())[0]).toBe('evict Pod');
  });
  test('also when the sidecar crashes again and again meanwhile', async () => {
    const { verbs, clock, pods } = setup();
    await verbs();
    for (let minute = 1; minute <= 6; minute += 1) {
      await clock.advance(60_000);
      pods.set(crashed(50 + minute * 60, { waiting: { reason: 'CrashLoopBackOff' } }));
      await verbs();
    }
    expect((await verbs())[0]).toBe('delete Pod');
  });
  test('also when it crashes before the app can start, and runs for moments between', async () => {
    const before = (state: ContainerStatus['state']): Stored<Pod> => {
      const pod = crashed(5, state);
      const containerStatuses = [{ name: 'app', state: { waiting: {} } }];
      return { ...pod, status: { ...pod.status, containerStatuses } };
    };
    const { verbs, clock, pods } = setup(before({ waiting: { reason: 'CrashLoopBackOff' } }));
    for (let minute = 0; minute <= 6; minute += 1) {
      pods.set(before({ running: { startedAt: at(minute * 60) } }));
      await verbs();
      pods.set(before({ waiting: { reason: 'CrashLoopBackOff' } }));
      await verbs();
      await clock.advance(60_000);
    }
    expect((await verbs())[0]).toBe('delete Pod');
  });
  const isReady = (pod: Stored<Pod>): Stored<Pod> => ({
    ...pod,
    status: { ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  test('counted anew when the Pod was Ready and its sidecar well between', async () => {
    const { verbs, clock, pods } = setup();
    await verbs();
    await clock.advance(200_000);
    pods.set(isReady(make.pod()));
    await verbs();
    pods.set(failing);
    await clock.advance(200_000);
    expect((await verbs())[0]).toBe('evict Pod');
  });
  test('not counted anew by a sidecar that is Ready for moments between two crashes', async () => {
    const { verbs, clock, pods } = setup();
    await verbs();
    await clock.advance(200_000);
    pods.set(isReady(crashed(50, { running: { startedAt: at(200) } })));
    await verbs();
    pods.set(failing);
    await clock.advance(100_001);
    expect((await verbs())[0]).toBe('delete Pod');
  });
  test('the time of a Pod that went is not the time of its successor', async () => {
    const { verbs, clock, pods } = setup();
    await verbs();
    await clock.advance(400_000);
    pods.remove(failing);
    pods.set(failing);
    expect((await verbs())[0]).toBe('evict Pod');
  });
});
