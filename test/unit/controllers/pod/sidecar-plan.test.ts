import { describe, expect, test } from '@jest/globals';
import type { Turn } from '../../../../controllers/pod/brake.ts';
import type { Eviction } from '../../../../controllers/pod/evictions.ts';
import type { FailedSidecar } from '../../../../controllers/pod/fleet.ts';
import { sidecarPlan } from '../../../../controllers/pod/sidecar-plan.ts';
import type { EventWrite, Plan } from '../../../../src/core/plan.ts';
import { make, T0 } from '../../../support/make.ts';
import { deeds } from '../../../support/said.ts';

const failure: FailedSidecar = {
  key: 'shop/app-0',
  fluentPVC: 'logs',
  sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
  trouble: 'ended with exit code 137 (OOMKilled) while the app ran',
};
const ref = { kind: 'Pod', namespace: 'shop', name: 'app-0' };
const regarding = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'shop',
  name: 'app-0',
  uid: 'pod-uid',
};
const by = 'Cannot evict pod. The disruption budget app needs 2 healthy pods and has 2 currently';
const heldFor = (ms: number): Eviction => ({ held: { since: T0 - ms, by }, holdTold: true });
const waits: Turn = { kind: 'wait', failed: 6, pods: 10 };

interface Case {
  ready?: boolean;
  turn?: Turn;
  eviction?: Eviction;
}
function plan({ ready = false, turn = { kind: 'now' }, eviction = {} }: Case): Plan {
  const conditions = [
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: ready ? 'True' : 'False' },
  ];
  const pod = make.pod({ status: { phase: 'Running', conditions } });
  return sidecarPlan({ now: T0, pod, failure, turn, eviction, evictionTimeoutMs: 300_000 });
}
const event = (one: Plan): EventWrite | undefined =>
  one.writes.find((write) => write.verb === 'event');

describe('the Pod of a sidecar that failed', () => {
  const cases: Record<string, Case & { verb: 'evict' | 'delete' }> = {
    'is evicted': { ready: true, verb: 'evict' },
    'is evicted when it is not Ready': { verb: 'evict' },
    'is evicted again when budgets have held it for as long as they may': {
      eviction: heldFor(300_000),
      verb: 'evict',
    },
    'is evicted as long as it is Ready, however long budgets hold it': {
      ready: true,
      eviction: heldFor(3_600_000),
      verb: 'evict',
    },
    'is deleted when it is not Ready and budgets held it for too long': {
      eviction: heldFor(300_001),
      verb: 'delete',
    },
    'is evicted when its deletion was agreed to and still is not seen': {
      eviction: { doneAt: T0 - 60_000 },
      verb: 'evict',
    },
    'is evicted as soon as the API server may be asked again': {
      eviction: { notBefore: T0 },
      verb: 'evict',
    },
  };
  test.each(Object.entries(cases))('%s, by uid, and that is told', (_, { verb, ...one }) => {
    expect(plan(one).writes).toEqual([
      verb === 'evict'
        ? { verb, ref, uid: 'pod-uid' }
        : { verb, ref, uid: 'pod-uid', propagation: 'Background' },
      {
        verb: 'event',
        regarding,
        type: 'Warning',
        reason: 'SidecarFailed',
        action: verb === 'evict' ? 'Evict' : 'Delete',
        note: expect.stringContaining('"fluentd" ended with exit code 137 (OOMKilled)') as unknown,
      },
    ]);
  });
});

describe('nothing is done yet', () => {
  const cases: Record<string, Case & { againMs?: number }> = {
    'while the watch is to show that it goes': {
      eviction: { doneAt: T0 - 1_000 },
      againMs: 59_000,
    },
    'before the time that Retry-After names': {
      eviction: { notBefore: T0 + 7_000 },
      againMs: 7_000,
    },
    'before that time, also when its turn comes later': {
      eviction: { notBefore: T0 + 7_000 },
      turn: waits,
      againMs: 7_000,
    },
    'while the brake holds it and that was told': {
      eviction: { waitTold: true },
      turn: waits,
    },
    'while the brake holds it, however long budgets held it before': {
      eviction: { ...heldFor(3_600_000), waitTold: true },
      turn: waits,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { againMs, ...one }) => {
    expect(plan(one).writes).toEqual([]);
    expect(plan(one).requeueAfterMs).toBe(againMs);
  });
});

test('that the brake holds it is told first, with the numbers and what to do', () => {
  const one = plan({ turn: waits });
  expect(deeds(one.writes)).toEqual(['event DeletionWaits']);
  expect(event(one)).toMatchObject({ regarding, type: 'Warning', action: 'Wait' });
  expect(event(one)?.note).toMatch(/6 of up to 10 Pods of FluentPVC "logs".*mend the FluentPVC/);
});

describe('that budgets hold it is told', () => {
  const held = { since: T0 - 1_000, by };
  test('once, before the next try, in their words', () => {
    const one = plan({ eviction: { held } });
    expect(deeds(one.writes)).toEqual([
      'event EvictionRefused',
      'evict Pod',
      'event SidecarFailed',
    ]);
    expect(event(one)?.note).toContain(by);
    expect(deeds(plan({ eviction: { held, holdTold: true } }).writes)).not.toContain(
      'event EvictionRefused',
    );
  });
  test('not when it is deleted', () => {
    const one = plan({ eviction: { held: { since: T0 - 300_001, by } } });
    expect(deeds(one.writes)).toEqual(['delete Pod', 'event SidecarFailed']);
  });
});
