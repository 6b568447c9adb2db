import { describe, expect, test } from '@jest/globals';
import type { Stored } from '../../../../src/api/object.ts';
import type { ContainerStatus, Pod } from '../../../../src/api/pod.ts';
import { ApiError, ApiUnreachable } from '../../../../src/kube/api-error.ts';
import { SEVERAL_BUDGETS } from '../../../support/eviction.ts';
import { at, make } from '../../../support/make.ts';
import { crashed, failing, mindPods } from '../../../support/minding-pods.ts';

const tries = ['evict Pod', 'event SidecarFailed'];

describe('held by a disruption budget for longer than the eviction timeout', () => {
  test('it is deleted', async () => {
    const { held, clock } = mindPods();
    await held();
    await clock.advance(300_000);
    expect(await held()).toContain('evict Pod');
    await clock.advance(1);
    expect(await held()).toEqual(['delete Pod', 'event SidecarFailed']);
  });
  test('never at the first look: the operator may have been away', async () => {
    const { verbs, clock } = mindPods();
    await clock.advance(3_600_000);
    expect((await verbs())[0]).toBe('evict Pod');
  });
  test('never while the API server is away or overloaded: no budget has refused it', async () => {
    const { verbs, clock } = mindPods();
    await verbs(new ApiUnreachable('POST /x', new Error('down')));
    await clock.advance(400_000);
    await verbs(new ApiError('POST /x', 429, { message: 'Too many requests' }, '1'));
    await clock.advance(400_000);
    expect(await verbs()).toEqual(tries);
  });
  test('also when the API refuses it because it has several budgets', async () => {
    const { verbs, clock } = mindPods();
    await verbs(new ApiError('POST /x', 500, { message: SEVERAL_BUDGETS }));
    await clock.advance(300_001);
    expect((await verbs())[0]).toBe('delete Pod');
  });
  test('also when the sidecar crashes again and again meanwhile', async () => {
    const { held, clock, pods } = mindPods();
    await held();
    for (let minute = 1; minute <= 6; minute += 1) {
      await clock.advance(60_000);
      pods.set(crashed(50 + minute * 60, { waiting: { reason: 'CrashLoopBackOff' } }));
      await held();
    }
    expect((await held())[0]).toBe('delete Pod');
  });
  test('also when it crashes before the app can start, and runs for moments between', async () => {
    const before = (state: ContainerStatus['state']): Stored<Pod> => {
      const pod = crashed(5, state);
      const containerStatuses = [{ name: 'app', state: { waiting: {} } }];
      return { ...pod, status: { ...pod.status, containerStatuses } };
    };
    const { held, clock, pods } = mindPods(before({ waiting: { reason: 'CrashLoopBackOff' } }));
    for (let minute = 0; minute <= 6; minute += 1) {
      pods.set(before({ running: { startedAt: at(minute * 60) } }));
      await held();
      pods.set(before({ waiting: { reason: 'CrashLoopBackOff' } }));
      await held();
      await clock.advance(60_000);
    }
    expect((await held())[0]).toBe('delete Pod');
  });
  const isReady = (pod: Stored<Pod>): Stored<Pod> => ({
    ...pod,
    status: { ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  test('counted anew when the Pod was Ready and its sidecar well between', async () => {
    const { held, clock, pods } = mindPods();
    await held();
    await clock.advance(200_000);
    pods.set(isReady(make.pod()));
    await held();
    pods.set(failing);
    await clock.advance(200_000);
    expect((await held())[0]).toBe('evict Pod');
  });
  test('not counted anew by a sidecar that is Ready for moments between two crashes', async () => {
    const { held, clock, pods } = mindPods();
    await held();
    await clock.advance(200_000);
    pods.set(isReady(crashed(50, { running: { startedAt: at(200) } })));
    await held();
    pods.set(failing);
    await clock.advance(100_001);
    expect((await held())[0]).toBe('delete Pod');
  });
  test('the time of a Pod that went is not the time of its successor', async () => {
    const { held, clock, pods } = mindPods();
    await held();
    await clock.advance(400_000);
    pods.remove(failing);
    pods.set(failing);
    expect((await held())[0]).toBe('evict Pod');
  });
});
