import { describe, expect, test } from '@jest/globals';
import type { Stored } from '../../../../src/api/object.ts';
import type { Pod } from '../../../../src/api/pod.ts';
import { ApiUnreachable } from '../../../../src/kube/api-error.ts';
import { failing, mindPods } from '../../../support/minding-pods.ts';
import { deeds } from '../../../support/said.ts';

const tries = ['evict Pod', 'event SidecarFailed'];

describe('with the brake on', () => {
  const member = (i: number): Stored<Pod> => ({
    ...failing,
    metadata: { ...failing.metadata, name: `app-${i}`, uid: `uid-${i}` },
  });
  const braked = async () => {
    const all = mindPods(member(0));
    for (let i = 1; i < 6; i += 1) all.pods.set(member(i));
    expect(await all.verbs()).toEqual(['event DeletionWaits']);
    return all;
  };
  test('a Pod waits for its turn and says so once', async () => {
    const { verbs } = await braked();
    expect(await verbs()).toEqual([]);
  });
  test('one goes a minute', async () => {
    const { verbs, clock, pods } = await braked();
    await clock.advance(60_000);
    expect(await verbs()).toEqual(tries);
    pods.remove(member(0));
    await clock.advance(59_999);
    expect(await verbs(undefined, 'shop/app-1')).toEqual(['event DeletionWaits']);
    await clock.advance(1);
    expect(await verbs(undefined, 'shop/app-1')).toEqual(tries);
  });
  test('of two that decide at the same time one goes', async () => {
    const { verbs, decide, clock } = await braked();
    await clock.advance(60_000);
    expect(deeds((await decide('shop/app-0')).writes)).toEqual(tries);
    expect(await verbs(undefined, 'shop/app-1')).toEqual(['event DeletionWaits']);
  });
  test('one that a budget holds does not keep the others', async () => {
    const { held, verbs, clock } = await braked();
    await clock.advance(60_000);
    expect(await held()).toEqual(tries);
    expect(await verbs(undefined, 'shop/app-1')).toEqual(tries);
  });
  test('a try without an answer may have been a deletion: the next waits', async () => {
    const { verbs, clock } = await braked();
    await clock.advance(60_000);
    await verbs(new ApiUnreachable('POST /x', new Error('cut')));
    expect(await verbs(undefined, 'shop/app-1')).toEqual(['event DeletionWaits']);
  });
});
