import { describe, expect, test } from '@jest/globals';
import { bindingKeyBy } from '../../../../controllers/caches.ts';
import { createFleets, type Fleets } from '../../../../controllers/pod/fleets.ts';
import type { Binding } from '../../../../src/api/binding.ts';
import { labels } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import { fakeCache, type FakeCache } from '../../../support/fake-cache.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { at, make } from '../../../support/make.ts';

const well = make.pod();
const failing = make.pod({
  status: {
    phase: 'Running',
    initContainerStatuses: [{ name: 'fluentd', state: make.terminated(1, 50) }],
    containerStatuses: [make.running('app')],
  },
});
const otherwise = (metadata: object): Stored<Pod> => ({
  ...failing,
  metadata: { ...failing.metadata, ...metadata },
});

interface Stand {
  pods: FakeCache<Pod>;
  bindings: FakeCache<Binding>;
  clock: FakeClock;
  fleets: Fleets;
  changed: string[];
}
function follow(pods: Stored<Pod>[] = [], bindings = [make.binding()]): Stand {
  const stand = {
    pods: fakeCache<Pod>(pods, bindingKeyBy(labels.binding)),
    bindings: fakeCache<Binding>(bindings),
    clock: new FakeClock(),
  };
  const fleets = createFleets(stand);
  const changed: string[] = [];
  fleets.onChange((name) => changed.push(name));
  return { ...stand, fleets, changed };
}
const counts = ({ fleets, clock }: Stand): unknown => {
  const brake = fleets.named('logs')?.brake(clock.now());
  return brake === undefined ? undefined : [brake.failed, brake.pods];
};

describe('of a Pod', () => {
  test('that is there before we look the sidecar is known', () => {
    const stand = follow([failing]);
    expect(counts(stand)).toEqual([1, 1]);
    expect(stand.fleets.of('pod-uid')?.failureOf('pod-uid')).toEqual({
      key: 'shop/app-0',
      fluentPVC: 'logs',
      sidecar: make.binding().spec.sidecar,
      trouble: 'ended with exit code 1 (Error) while the app ran',
    });
  });
  test('whose sidecar fails that is known and told', () => {
    const stand = follow([well]);
    expect([counts(stand), stand.changed]).toEqual([[0, 1], []]);
    stand.pods.set(failing);
    expect([counts(stand), stand.changed]).toEqual([[1, 1], ['logs']]);
  });
  test('whose binding comes late the sidecar is known from then on', () => {
    const stand = follow([failing], []);
    expect(counts(stand)).toBeUndefined();
    stand.bindings.set(make.binding());
    expect(counts(stand)).toEqual([1, 1]);
  });
});

describe('with its failure a Pod', () => {
  const ended = make.endedPod();
  const cases: Record<string, (stand: Stand) => void> = {
    'that is on its way out counts on': ({ pods }) => {
      pods.set(otherwise({ deletionTimestamp: at(60) }));
    },
    'that has ended counts on': ({ pods }) => {
      pods.set(ended);
    },
    'that is gone counts on': ({ pods }) => {
      pods.remove(failing);
    },
    'whose binding is gone counts on': ({ bindings }) => {
      bindings.remove(make.binding());
    },
  };
  test.each(Object.entries(cases))('%s, for 5 min, and is found no more', async (_, go) => {
    const stand = follow([failing]);
    go(stand);
    expect(stand.fleets.of('pod-uid')).toBeUndefined();
    expect([counts(stand), stand.changed]).toEqual([[1, 1], ['logs']]);
    await stand.clock.advance(300_000);
    expect(counts(stand)).toEqual([0, 0]);
    stand.fleets.forget('logs');
    expect([...stand.fleets.names()]).toEqual([]);
  });
});

describe('not counted is a Pod', () => {
  const cases: Record<string, Stored<Pod>> = {
    'that is on its way out': otherwise({ deletionTimestamp: at(60) }),
    'that has ended': make.endedPod(),
    'that does not mount the claim': { ...failing, spec: { ...failing.spec, volumes: [] } },
    'without our label': otherwise({ labels: {} }),
  };
  test.each(Object.entries(cases))('%s', (_, pod) => {
    expect(counts(follow([pod]))).toBeUndefined();
  });
});

test('a fleet of which nothing failed is forgotten with its last Pod', () => {
  const stand = follow([well]);
  stand.pods.remove(well);
  expect([...stand.fleets.names()]).toEqual([]);
});

test('a fleet of which something is left is not forgotten', () => {
  const stand = follow([well]);
  stand.fleets.forget('logs');
  expect([...stand.fleets.names()]).toEqual(['logs']);
});

test('a Pod whose label moves to the binding of another FluentPVC moves with it', () => {
  const other = make.binding({
    metadata: { name: 'other' },
    spec: { fluentPVC: { name: 'others', uid: 'o' }, pvc: { name: 'other', uid: 'o' } },
  });
  const stand = follow([failing], [make.binding(), other]);
  stand.pods.set({
    ...otherwise({ labels: { [labels.binding]: 'other' } }),
    spec: {
      ...failing.spec,
      volumes: [{ name: 'x', persistentVolumeClaim: { claimName: 'other' } }],
    },
  });
  expect(stand.fleets.of('pod-uid')).toBe(stand.fleets.named('others'));
});
