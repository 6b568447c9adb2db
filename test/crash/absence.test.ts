import { beforeEach, expect, test } from '@jest/globals';
import type { Lease } from '../../src/kube/lease.ts';
import { openApi, type Api } from '../api/harness.ts';
import { shared } from '../support/shared.ts';
import { MOMENTS } from './gate.ts';
import { soon, type Place } from './place.ts';
import { openStand, type Crashing, type Stand } from './stand.ts';
import { askInVain, at, emptiedInTime, newPlace, together } from './unborn.ts';
import { RELEASE_POINTS } from './visits.ts';

/* Pods that were never created although their admission was complete. */

let api: Api;
let stand: Stand;

shared(async (parts) => {
  api = await openApi(parts);
  stand = await openStand({ ...api, args: ['--concurrency=32'] }, parts);
  await stand.start();
});

beforeEach(() => ledFor(CLOCK_SKEW_MS), 60_000);

/** By so much the operator takes clocks to differ: only a watch that is older than that proves. */
const CLOCK_SKEW_MS = 10_000;

/** The Lease is renewed every few seconds. */
async function ledFor(ms: number): Promise<void> {
  const ref = { kind: 'Lease', namespace: 'kube-system', name: 'fluent-pvc-operator' } as const;
  await soon('a Lease that is old enough', async () => {
    const { acquireTime = '', renewTime = '' } = (await api.client.get<Lease>(ref))?.spec ?? {};
    return Date.parse(renewTime) - Date.parse(acquireTime) > ms;
  });
}

/** How often a finalizer Job was made for the place. */
function drains(place: Place): number {
  return stand.gate.written.filter(at(place, 'the finalizer Job is created')).length;
}

async function isProven({ kubectl }: Place): Promise<boolean> {
  const phase = '-o=jsonpath={.items[*].status.phase}';
  return (await kubectl('get', 'fpvcb', phase)) === 'PodMissing';
}

test('once it is proven the claim goes without a drain, wherever the operator is killed', async () => {
  // A restart breaks the proof, so all of them have it before the first strike falls.
  const last = await newPlace(api);
  const letProve = stand.gate.hold(at(last, 'the status says PodMissing'));
  const proof = stand.crashAt({ moment: 'after', matches: at(last, 'the status says PodMissing') });
  const places: Place[] = [];
  const holds: (() => void)[] = [];
  const crashes: Crashing[] = [];
  for (const point of RELEASE_POINTS) {
    for (const moment of MOMENTS) {
      const place = await newPlace(api);
      places.push(place);
      holds.push(stand.gate.hold(at(place, ...RELEASE_POINTS)));
      crashes.push(stand.crashAt({ moment, matches: at(place, point) }));
    }
  }
  for (const place of [...places, last]) await askInVain(place);
  for (const place of places) await soon('proof that there was no Pod', () => isProven(place));
  letProve();
  await proof.survived();
  for (const letGo of holds) letGo();
  const restartedAt = performance.now();
  await together([last, ...places].map((place) => () => emptiedInTime(place, restartedAt)));
  for (const crash of crashes) await crash.survived();
  expect([last, ...places].map(drains)).toEqual([last, ...places].map(() => 0));
});

test('its proof lost with the operator, the claim is drained', async () => {
  const place = await newPlace(api);
  const point = at(place, 'the status says PodMissing');
  const crash = stand.crashAt({ moment: 'before', matches: point });
  await askInVain(place);
  // Proven 70 s after the admission at the earliest.
  await emptiedInTime(place, await crash.survived(120_000));
  expect(drains(place)).toBe(1);
});
