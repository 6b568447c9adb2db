import { describe, expect, test } from '@jest/globals';
import { keyOf } from '../../../src/api/object.ts';
import type { Pod } from '../../../src/api/pod.ts';
import { joinCaches } from '../../../src/kube/joined-cache.ts';
import { Pulse } from '../../../src/kube/pulse.ts';
import { fakeCache, type FakeCache } from '../../support/fake-cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { make } from '../../support/make.ts';

const inNamespace = (namespace: string, team: string): ReturnType<typeof make.pod> =>
  make.pod({ metadata: { namespace, name: 'app', labels: { team } } });

function parts(...names: string[]): Map<string, FakeCache<Pod>> {
  const index = ({ metadata }: Pod): string | undefined => metadata.labels?.team;
  return new Map(names.map((name) => [name, fakeCache([inNamespace(name, 'a')], index)]));
}

describe('of several namespaces', () => {
  test('each object is found in its own', () => {
    const joined = joinCaches(parts('shop', 'pay'));
    expect(joined.get('pay/app')?.metadata.namespace).toBe('pay');
    expect(joined.get('pay/other')).toBeUndefined();
    expect(joined.get('elsewhere/app')).toBeUndefined();
    const namespaces = joined.byIndex('a').map(({ metadata }) => metadata.namespace);
    expect(namespaces).toEqual(['shop', 'pay']);
    expect([...joined.values()].map(({ metadata }) => keyOf(metadata))).toEqual([
      'shop/app',
      'pay/app',
    ]);
  });

  test('who watches is told of all', () => {
    const of = parts('shop', 'pay');
    const joined = joinCaches(of);
    const told: string[] = [];
    joined.onChange(({ type, object }) => told.push(`${type} ${keyOf(object.metadata)}`));
    of.get('shop')?.set(inNamespace('shop', 'b'));
    of.get('pay')?.remove(inNamespace('pay', 'a'));
    expect(told).toEqual(['set shop/app', 'removed pay/app']);
  });

  test('it is listed when the last of them is', async () => {
    const of = parts('shop', 'pay');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    of.set('pay', { ...fakeCache<Pod>(), synced: promise });
    let isListed = false;
    const listed = joinCaches(of).synced.then(() => {
      isListed = true;
    });
    await Promise.resolve();
    expect(isListed).toBe(false);
    resolve(undefined);
    await listed;
  });

  test.each([
    ['99', '100', '99'],
    ['1000', '999', '999'],
    ['9007199254740993', '9007199254740992', '9007199254740992'],
    ['', '5', ''],
    ['5', '', ''],
  ])('it has come as far as the last: of "%s" and "%s" to "%s"', (one, other, is) => {
    const of = parts('shop', 'pay');
    Object.assign(of.get('shop') ?? {}, { resourceVersion: one });
    Object.assign(of.get('pay') ?? {}, { resourceVersion: other });
    expect(joinCaches(of).resourceVersion).toBe(is);
  });

  test('it is unbroken since any of them is, and not while one has something to tell', () => {
    const of = parts('shop', 'pay');
    const joined = joinCaches(of);
    Object.assign(of.get('shop') ?? {}, { unbrokenSince: 100 });
    Object.assign(of.get('pay') ?? {}, { unbrokenSince: 200 });
    expect(joined.unbrokenSince).toBe(200);
    Object.assign(of.get('shop') ?? {}, { unbrokenSince: Number.POSITIVE_INFINITY });
    expect(joined.unbrokenSince).toBe(Number.POSITIVE_INFINITY);
  });

  test('it is as well as the one that is worst', async () => {
    const clock = new FakeClock();
    const [well, ill] = [new Pulse(clock), new Pulse(clock)];
    const joined = joinCaches<Pod>(
      new Map([
        ['shop', { ...fakeCache<Pod>(), health: well }],
        ['pay', { ...fakeCache<Pod>(), health: ill }],
      ]),
    );
    well.waits(60_000);
    ill.waits(1_000);
    ill.failed();
    await clock.advance(5_000);
    well.alive();
    well.ended('closed');
    ill.ended('closed');
    ill.ended('cut');
    const { silentMs, downMs, overdueMs, ends } = joined.health;
    expect({ silentMs, downMs, overdueMs }).toEqual({
      silentMs: 5_000,
      downMs: 5_000,
      overdueMs: 4_000,
    });
    expect(Object.fromEntries(ends)).toEqual({
      closed: 2,
      cut: 1,
      silent: 0,
      expired: 0,
      refused: 0,
      fault: 0,
    });
  });
});
