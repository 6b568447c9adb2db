import { expect } from '@jest/globals';
import { messageOf } from '../../src/errors.ts';
import type { Api } from '../api/harness.ts';
import { labelledPod } from '../support/manifests.ts';
import type { ApiWrite } from './api-write.ts';
import {
  define,
  drainEverything,
  emptied,
  openPlace,
  soon,
  THREE_MINUTES_MS,
  type Place,
} from './place.ts';
import { WRITE_POINTS, type WritePointName } from './write-points.ts';

/*
 * Admissions without a Pod. It takes the operator minutes to be sure that there is none, so tests
 * have several of them at a time.
 */

/** Is it a write for the place, at one of these points? */
export function at(place: Place, ...points: WritePointName[]): (write: ApiWrite) => boolean {
  return (write) => place.owns(write) && points.some((point) => WRITE_POINTS[point].is(write));
}

/** A place whose FluentPVC is there. */
export async function newPlace(api: Api): Promise<Place> {
  const place = await openPlace(api);
  await define(place);
  return place;
}

/**
 * Asks for a labelled Pod, which is not created, until what is to come of that has come: the API
 * server may not know yet where an operator listens that was started just now.
 */
export async function ask(
  { client, namespace }: Place,
  what: string,
  hasCome: () => Promise<boolean>,
): Promise<void> {
  const pod = labelledPod({ namespace, name: 'app' }, namespace);
  await soon(what, async () => {
    await expect(client.create(pod)).rejects.toThrow();
    return hasCome();
  });
}

/** The same, after an admission that was complete: the Pod's name is taken. */
export async function askInVain(place: Place): Promise<void> {
  await place.kubectl('run', 'app', '--image=busybox');
  await ask(
    place,
    'the binding',
    async () => (await place.kubectl('get', 'fpvcb', '-o=name')) !== '',
  );
}

/** Waits until nothing is left of the place, while the finalizer Jobs that come succeed. */
export async function emptiedInTime(place: Place, restartedAt: number): Promise<void> {
  const over = new AbortController();
  const draining = drainEverything(place, over.signal);
  try {
    await emptied(place);
  } finally {
    over.abort();
    await draining;
  }
  expect(performance.now() - restartedAt).toBeLessThan(THREE_MINUTES_MS);
}

/** Does all at the same time; fails with what went wrong in any. */
export async function together(all: readonly (() => Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(all.map((one) => one()));
  const failed = results.filter((result) => result.status === 'rejected');
  expect(failed.map(({ reason }) => messageOf(reason))).toEqual([]);
}
