import { describe, expect, test } from '@jest/globals';
import { brakePlan, createBrakeDecider } from '../../../../controllers/pod/brake-report.ts';
import { bindingKeyBy } from '../../../../controllers/caches.ts';
import type { Brake } from '../../../../controllers/pod/fleet.ts';
import { createFleets } from '../../../../controllers/pod/fleets.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { labels } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import { fakeCache } from '../../../support/fake-cache.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { make, T0 } from '../../../support/make.ts';
import { deeds } from '../../../support/said.ts';

describe('on the FluentPVC', () => {
  const fluentPVC = make.fluentPVC();
  const counts = { failed: 6, pods: 10 };
  const cases: Record<string, { on: boolean; told: boolean; reason?: string; type?: string }> = {
    'a brake that goes on is told': {
      on: true,
      told: false,
      reason: 'BrakeEngaged',
      type: 'Warning',
    },
    'a brake that stays on is not told again': { on: true, told: true },
    'a brake that goes off is told': {
      on: false,
      told: true,
      reason: 'BrakeReleased',
      type: 'Normal',
    },
    'a brake that is off is not told': { on: false, told: false },
  };
  test.each(Object.entries(cases))('%s', (_, { on, told, reason, type }) => {
    const plan = brakePlan({ now: T0, fluentPVC, brake: { on, ...counts }, told });
    const { apiVersion, kind } = fluentPVC;
    const regarding = { apiVersion, kind, namespace: '', name: 'logs', uid: 'fluentpvc-uid' };
    expect(plan.writes).toEqual(
      reason === undefined
        ? []
        : [expect.objectContaining({ verb: 'event', regarding, reason, type })],
    );
    expect(plan.requeueAfterMs).toBeUndefined();
  });
  test('what is told names the numbers, what happens and whose turn it is', () => {
    const { writes } = brakePlan({
      now: T0,
      fluentPVC,
      brake: { on: true, ...counts },
      told: false,
    });
    expect(writes).toEqual([
      expect.objectContaining({
        note: expect.stringMatching(/6 of up to 10.*a minute.*mend it here/),
      }),
    ]);
  });
});

describe('a brake is looked at again', () => {
  const cases: Record<string, { brake: Partial<Brake>; after: number | undefined }> = {
    'when a failure leaves the window': {
      brake: { changesAt: T0 + 7_000, nextAt: T0 + 8_000 },
      after: 7_000,
    },
    'at once, when one has': { brake: { changesAt: T0 - 1_000 }, after: 0 },
    'when the next Pod may go': {
      brake: { changesAt: T0 + 7_000, nextAt: T0 + 6_000 },
      after: 6_000,
    },
    'after a minute, when one may go and none has': { brake: { nextAt: T0 }, after: 60_000 },
    'never, when it is off and no failure has ended': { brake: { on: false }, after: undefined },
  };
  test.each(Object.entries(cases))('%s', (_, { brake, after }) => {
    const observation = { on: true, failed: 6, pods: 10, nextAt: Infinity, ...brake };
    const plan = brakePlan({
      now: T0,
      fluentPVC: make.fluentPVC(),
      brake: observation,
      told: true,
    });
    expect(plan.requeueAfterMs).toBe(after);
  });
});

describe('a brake from on to off', () => {
  const member = (i: number, exitCode: number): Stored<Pod> =>
    make.pod({
      metadata: { name: `app-${i}`, uid: `uid-${i}` },
      status: {
        phase: 'Running',
        initContainerStatuses: [{ name: 'fluentd', state: make.terminated(exitCode, 50) }],
        containerStatuses: [make.running('app')],
      },
    });
  const setup = (fluentPVCs = [make.fluentPVC()]) => {
    const clock = new FakeClock();
    const pods = fakeCache<Pod>([], bindingKeyBy(labels.binding));
    const bindings = fakeCache<Binding>([make.binding()]);
    const fleets = createFleets({ pods, bindings, clock });
    const called: string[] = [];
    const { decide } = createBrakeDecider({
      caches: { fluentPVCs: fakeCache<FluentPVC>(fluentPVCs) },
      fleets,
      clock,
      call: (key) => called.push(key),
    });
    const { signal } = new AbortController();
    for (let i = 0; i < 6; i += 1) pods.set(member(i, 1));
    return { clock, pods, fleets, called, decide: () => decide('logs', signal) };
  };

  test('is told once each, and all Pods that wait are called', async () => {
    const { clock, pods, fleets, called, decide } = setup();
    expect(deeds((await decide()).writes)).toEqual(['event BrakeEngaged']);
    expect(deeds((await decide()).writes)).toEqual([]);
    for (let i = 0; i < 6; i += 1) fleets.named('logs')?.turn(`uid-${i}`, clock.now());
    for (const i of [0, 1]) pods.remove(member(i, 1));
    expect(await decide()).toMatchObject({ writes: [], requeueAfterMs: 60_000 });
    expect(called).toEqual([]);
    await clock.advance(300_000);
    expect(deeds((await decide()).writes)).toEqual(['event BrakeReleased']);
    expect(called).toEqual(['shop/app-2', 'shop/app-3', 'shop/app-4', 'shop/app-5']);
    expect(deeds((await decide()).writes)).toEqual([]);
    for (const i of [2, 3, 4, 5]) pods.remove(member(i, 1));
    await clock.advance(300_000);
    expect(await decide()).toMatchObject({ writes: [] });
    expect([...fleets.names()]).toEqual([]);
  });
  test('calls, as long as it is on, who waits when one may go', async () => {
    const { clock, fleets, called, decide } = setup();
    fleets.named('logs')?.turn('uid-3', clock.now());
    expect((await decide()).requeueAfterMs).toBe(60_000);
    await clock.advance(59_999);
    await decide();
    expect(called).toEqual([]);
    await clock.advance(1);
    expect((await decide()).requeueAfterMs).toBe(60_000);
    expect(called).toEqual(['shop/app-3']);
  });
  test('of a FluentPVC that is gone is told to nobody, and followed all the same', async () => {
    expect(await setup([]).decide()).toMatchObject({ writes: [], requeueAfterMs: 60_000 });
  });
});
