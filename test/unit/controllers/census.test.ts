import { describe, expect, test } from '@jest/globals';
import { takeCensus } from '../../../controllers/census.ts';
import type { Binding, BindingStatus, RescueRecord } from '../../../src/api/binding.ts';
import type { Claim } from '../../../src/api/claim.ts';
import { labels } from '../../../src/api/names.ts';
import type { Stored } from '../../../src/api/object.ts';
import type { Standing } from '../../../src/metrics/census.ts';
import { fakeCaches } from '../../support/fake-caches.ts';
import { at, make, NAME, T0 } from '../../support/make.ts';

const HOUR = 3_600_000;
const nothing = { claims: 0, bytes: 0, oldestMs: 0 };
const over = make.condition('OutOfUse', { lastTransitionTime: at(3_000) });
const boundClaim = make.claim({ status: { phase: 'Bound', capacity: { storage: '1Gi' } } });

/** How the FluentPVC `logs` stands an hour after the binding was made. */
function stands(
  bindings: Stored<Binding>[],
  claims: Stored<Claim>[] = [boundClaim],
): Standing | undefined {
  const caches = fakeCaches({ bindings, claims });
  return takeCensus({ now: T0 + HOUR, caches, isBraked: () => false }).get('logs');
}
const standing = (status: BindingStatus, rescue?: RescueRecord): Standing | undefined =>
  stands([make.binding({ status, ...(rescue === undefined ? {} : { spec: { rescue } }) })]);

describe('a claim', () => {
  const inUse = { claims: 1, bytes: 2 ** 30, oldestMs: HOUR };
  const waiting = { claims: 1, bytes: 2 ** 30, oldestMs: HOUR - 3_000_000 };
  const record = { namespace: 'x', pvc: { name: NAME, uid: 'u' }, volumeName: 'pv', podOver: true };
  const cases: Record<string, [standing: Standing | undefined, expected: Standing['undrained']]> = {
    'is in use before its Pod was seen': [standing({}), { inUse, waiting: nothing }],
    'is in use while its Pod runs': [
      standing({ conditions: [make.condition('Ready')] }),
      { inUse, waiting: nothing },
    ],
    'waits since its Pod was over': [standing({ conditions: [over] }), { inUse: nothing, waiting }],
    'waits while its finalizer Job has failed': [
      standing({ conditions: [over, make.condition('FinalizerJobFailed')] }),
      { inUse: nothing, waiting },
    ],
    'is over once it is drained: what goes is not counted': [
      standing({ conditions: [over, make.condition('FinalizerJobSucceeded')] }),
      { inUse: nothing, waiting: nothing },
    ],
    'is over once its data was given up': [
      standing({ conditions: [over, make.condition('DataGivenUp')] }),
      { inUse: nothing, waiting: nothing },
    ],
    'is over where there never was a Pod': [
      standing({ conditions: [make.condition('PodMissing')] }),
      { inUse: nothing, waiting: nothing },
    ],
    'is over where another binding goes on with its volume': [
      standing({ conditions: [over, make.condition('Rescued', { reason: 'GoesOnElsewhere' })] }),
      { inUse: nothing, waiting: nothing },
    ],
    'waits where its volume was rescued': [
      standing(
        { conditions: [over, make.condition('Rescued', { reason: 'VolumeBound' })] },
        record,
      ),
      { inUse: nothing, waiting },
    ],
    'that is gone waits, without a size, until somebody acknowledges that': [
      stands([make.binding({ status: { conditions: [over, make.condition('Unknown')] } })], []),
      { inUse: nothing, waiting: { ...waiting, bytes: 0 } },
    ],
    'has no size before it has a volume': [
      stands([make.binding()], [make.claim({ status: { phase: 'Pending' } })]),
      { inUse: { ...inUse, bytes: 0 }, waiting: nothing },
    ],
    'without its binding waits since it was made': [
      stands([], [boundClaim]),
      { inUse: nothing, waiting: inUse },
    ],
    'with neither binding nor our finalizer is over': [
      stands([], [boundClaim, make.claim({ metadata: { name: 'x', finalizers: [] } })]),
      { inUse: nothing, waiting: inUse },
    ],
    'without our finalizer is over': [
      stands(
        [
          make.binding({
            status: {
              phase: 'FinalizerJobSucceeded',
              conditions: [over, make.condition('FinalizerJobSucceeded')],
            },
          }),
        ],
        [make.claim({ metadata: { finalizers: [] } })],
      ),
      { inUse: nothing, waiting: nothing },
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [found, undrained]) => {
    expect(found?.undrained).toEqual(undrained);
  });
});

test('bindings are counted by phase, each FluentPVC for itself, one without bindings too', () => {
  const other = make.binding({
    metadata: { name: 'other' },
    spec: { fluentPVC: { name: 'events', uid: 'x' } },
    status: { phase: 'OutOfUse', conditions: [over] },
  });
  const caches = fakeCaches({
    fluentPVCs: [make.fluentPVC(), make.fluentPVC({ metadata: { name: 'idle' } })],
    bindings: [make.binding({ status: { phase: 'Ready' } }), other],
  });
  const census = takeCensus({ now: T0, caches, isBraked: (name) => name === 'events' });
  const shown = [...census].map(([name, { phases, braked }]) => ({
    name,
    braked,
    phases: Object.fromEntries([...phases].filter(([, count]) => count > 0)),
  }));
  expect(shown).toEqual([
    { name: 'logs', braked: false, phases: { Ready: 1 } },
    { name: 'idle', braked: false, phases: {} },
    { name: 'events', braked: true, phases: { OutOfUse: 1 } },
  ]);
  expect(census.get('idle')?.phases.size).toBe(8);
});

describe('of what keeps a drain, it is counted', () => {
  const exhausted = make.binding({
    spec: {
      finalization: { onSuccess: 'Delete', onNamespaceDeletion: 'Rescue', attempts: 2 },
    },
    status: { attempts: 2, conditions: [over, make.condition('FinalizerJobFailed')] },
  });
  const alive = make.condition('WriterMayBeAlive');
  const stalled = make.condition('DrainStalled', { reason: 'NoPodRuns' });
  const past = { status: 'False' } as const;
  const cases: Record<string, [standing: Standing | undefined, counts: unknown[]]> = {
    'a writer that may be alive': [standing({ conditions: [alive] }), [1, [], 0]],
    'not one that stopped': [standing({ conditions: [{ ...alive, ...past }] }), [0, [], 0]],
    'not one whose Pod is known to be over': [standing({ conditions: [over, alive] }), [0, [], 0]],
    'a drain that is stalled, by its reason': [
      standing({ conditions: [over, stalled] }),
      [0, [['NoPodRuns', 1]], 0],
    ],
    'not one that goes on': [standing({ conditions: [over, { ...stalled, ...past }] }), [0, [], 0]],
    'a last attempt that has failed': [stands([exhausted]), [0, [], 1]],
    'not one after which another one comes': [
      standing({ attempts: 2, conditions: [over, make.condition('FinalizerJobFailed')] }),
      [0, [], 0],
    ],
  };
  test.each(Object.entries(cases))('%s', (_, [found, counts]) => {
    expect([found?.writersMayBeAlive, [...(found?.stalled ?? [])], found?.exhausted]).toEqual(
      counts,
    );
  });
});

test('a claim that names no FluentPVC is counted under none', () => {
  const own = make.claim().metadata.labels;
  const claim = make.claim({
    metadata: { labels: { [labels.binding]: own?.[labels.binding] ?? '' } },
  });
  const census = takeCensus({
    now: T0,
    caches: fakeCaches({ claims: [claim] }),
    isBraked: () => false,
  });
  expect(census.get('')?.undrained.waiting.claims).toBe(1);
});
