import { describe, expect, test } from '@jest/globals';
import { createNodeMemory } from '../../../../../controllers/binding/in-use/node-memory.ts';
import { createNodeFinder } from '../../../../../controllers/binding/in-use/node-sight.ts';
import type { KubeClient } from '../../../../../src/kube/client.ts';
import { FakeClock, settle } from '../../../../support/fake-clock.ts';
import { node, nodeLease } from '../../../../support/finding.ts';
import { at, T0 } from '../../../../support/make.ts';
import { memoryApi } from '../../../../support/memory-api.ts';

const setup = () => {
  const api = memoryApi(node(), nodeLease);
  const find = createNodeFinder({ client: api, memory: createNodeMemory(new FakeClock()) });
  const look = (seconds: number) =>
    find('node-1', T0 + seconds * 1000, new AbortController().signal);
  const renew = (seconds: number, leaseDurationSeconds?: number): void => {
    const spec = { renewTime: at(seconds), leaseDurationSeconds };
    api.put({ ...nodeLease, ...{ spec } });
  };
  return { api, look, renew };
};

test('one look serves all who ask within 5 s', async () => {
  const { api, look } = setup();
  await Promise.all([look(0), look(0), look(4.9)]);
  expect(api.requests).toHaveLength(2);
  await look(5);
  expect(api.requests).toHaveLength(4);
});

test('a gap that one binding has seen is there for the next one, too', async () => {
  const { look, renew } = setup();
  renew(0);
  await look(0);
  renew(40);
  expect(await look(41)).toMatchObject({ unbrokenSince: T0 + 40_000 });
  renew(50);
  expect(await look(50)).toMatchObject({ unbrokenSince: T0 + 40_000 });
});

test('a node that is not Ready starts over when it is', async () => {
  const { api, look, renew } = setup();
  renew(0);
  await look(0);
  api.put(node({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }));
  expect(await look(5)).not.toHaveProperty('unbrokenSince');
  api.put(node());
  renew(10);
  expect(await look(10)).toMatchObject({ unbrokenSince: T0 + 10_000 });
});

test('a look that fails is nothing seen: who asks next looks again', async () => {
  const { api, look, renew } = setup();
  renew(0);
  await look(0);
  api.refuse = () => new Error('no answer');
  await expect(look(6)).rejects.toThrow('no answer');
  api.refuse = () => undefined;
  renew(10);
  expect(await look(7)).toMatchObject({ unbrokenSince: T0 });
});

describe('a kubelet renews its Lease four times in its time', () => {
  interface Case {
    leaseSeconds?: number;
    /** Seconds between two renewals that are no absence, and of two that are one. */
    present: number;
    away: number;
  }
  const cases: Record<string, Case> = {
    'of 40 s, which is what it is where nothing is said': { present: 25, away: 26 },
    'of 40 s': { leaseSeconds: 40, present: 25, away: 26 },
    'of less: looks are no more frequent': { leaseSeconds: 10, present: 25, away: 26 },
    'of ten minutes': { leaseSeconds: 600, present: 375, away: 376 },
  };
  test.each(Object.entries(cases))('%s', async (_, { leaseSeconds, present, away }) => {
    const { look, renew } = setup();
    renew(0, leaseSeconds);
    await look(0);
    renew(present, leaseSeconds);
    // What may be missed so, and the age of a look that serves others, too.
    const unnoticedMs = present * 1000 + 5_000;
    expect(await look(present)).toMatchObject({ unbrokenSince: T0, unnoticedMs });
    renew(present + away, leaseSeconds);
    expect(await look(present + away)).toMatchObject({
      unbrokenSince: T0 + (present + away) * 1000,
    });
  });
});

describe('looks that fail', () => {
  /** Each look hangs until the test lets it go on. */
  const hanging = () => {
    const all = setup();
    const turns: PromiseWithResolvers<undefined>[] = [];
    const client: Pick<KubeClient, 'get'> = {
      get: async (ref, options) => {
        if (ref.kind === 'Node') {
          const turn = Promise.withResolvers<undefined>();
          turns.push(turn);
          await turn.promise;
        }
        return all.api.get(ref, options);
      },
    };
    const find = createNodeFinder({ client, memory: createNodeMemory(new FakeClock()) });
    const look = (seconds: number) =>
      find('node-1', T0 + seconds * 1000, new AbortController().signal);
    return { api: all.api, renew: all.renew, look, turns };
  };
  test('late, do not spoil the one that was started meanwhile, nor any later one', async () => {
    const { look, renew, turns } = hanging();
    renew(0);
    const first = look(0);
    turns[0]?.resolve(undefined);
    await first;
    const second = look(6);
    const third = look(12);
    turns[1]?.reject(new Error('no answer'));
    await expect(second).rejects.toThrow('no answer');
    renew(12);
    turns[2]?.resolve(undefined);
    expect(await third).toMatchObject({ unbrokenSince: T0 });
    renew(20);
    const fourth = look(20);
    await settle();
    turns[3]?.resolve(undefined);
    expect(await fourth).toMatchObject({ unbrokenSince: T0 });
  });
  test('do not take back what a newer one has seen, when they succeed after it', async () => {
    const { api, renew, look, turns } = hanging();
    renew(0);
    const first = look(0);
    turns[0]?.resolve(undefined);
    await first;
    const late = look(6);
    const newer = look(12);
    api.put(node({ status: {} }));
    turns[2]?.resolve(undefined);
    expect(await newer).not.toHaveProperty('unbrokenSince');
    api.put(node());
    turns[1]?.resolve(undefined);
    await expect(late).rejects.toThrow('a newer look at node node-1 answered first');
    renew(15);
    const next = look(18);
    turns[3]?.resolve(undefined);
    expect(await next).toMatchObject({ unbrokenSince: T0 + 15_000 });
  });
  test('do not keep the next one waiting', async () => {
    const { look, turns } = hanging();
    const first = look(0);
    const second = look(6);
    turns[1]?.resolve(undefined);
    expect(await second).toMatchObject({ kind: 'present' });
    turns[0]?.reject(new Error('no answer'));
    await expect(first).rejects.toThrow('no answer');
    // The second one was made 2 s ago: it still serves.
    expect(await look(8)).toEqual(await second);
    expect(turns).toHaveLength(2);
  });
  test('all at once: who asks next looks again', async () => {
    const { api, look } = setup();
    api.refuse = () => new Error('no answer');
    await expect(Promise.all([look(0), look(1)])).rejects.toThrow('no answer');
    api.refuse = () => undefined;
    expect(await look(2)).toMatchObject({ kind: 'present' });
  });
});
