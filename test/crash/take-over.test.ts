import { expect, test } from '@jest/globals';
import type { FluentPVC } from '../../src/api/fluentpvc.ts';
import type { Pod } from '../../src/api/pod.ts';
import { openApi, type Api } from '../api/harness.ts';
import { applyOriginalDefinitions } from '../api/original.ts';
import { fluentPVC } from '../support/manifests.ts';
import { originalPod } from '../support/original.ts';
import { shared } from '../support/shared.ts';
import { MOMENTS } from './gate.ts';
import { leavings, type Leavings } from './left.ts';
import { openPlace, soon, type Place } from './place.ts';
import { openStand, type Crashing, type Stand } from './stand.ts';
import { at, emptiedInTime, together } from './unborn.ts';
import { TAKE_OVER_POINTS } from './visits.ts';

/*
 * The operator is killed while it takes over what the original has left. That is done before anything
 * else, at each start: all that is left is there at once, and each kill has a place of its own.
 */

let api: Api;
let stand: Stand;

shared(async (parts) => {
  api = await openApi(parts);
  stand = await openStand(api, parts);
  // What a killed run leaves in the cluster would refuse the Pods of the original.
  await stand.start();
  await stand.stop();
  await soon('nothing to refuse its Pods', () => api.client.create(tried(), { dryRun: true }));
  await applyOriginalDefinitions(api);
  // It has never led.
  await api.kubectl('delete', 'lease', 'fluent-pvc-operator', '--namespace=kube-system');
});

/** A Pod of the original. */
function tried(): Pod {
  const someone = { name: 'tried', uid: '' };
  const { namespace } = api;
  return originalPod({
    namespace,
    name: 'tried',
    fluentPVC: someone,
    pod: someone,
    pvc: someone,
  });
}

/** A place in which the original was at work. */
interface Worked {
  place: Place;
  left: Leavings;
  crash: Crashing;
}

const KILLS = TAKE_OVER_POINTS.flatMap((point) => MOMENTS.map((moment) => ({ point, moment })));
/** So long all kills may take, one start after the other. */
const ALL_KILLS_MS = 200_000;

test('what the original has left is finished, wherever the operator is killed', async () => {
  const worked: Worked[] = [];
  let lastMadeAt = 0;
  for (const { point, moment } of KILLS) {
    const place = await openPlace(api);
    const { metadata } = await api.client.create(fluentPVC(place.namespace));
    lastMadeAt = Date.parse(metadata.creationTimestamp);
    const left = await leavings(place, { name: metadata.name, uid: metadata.uid });
    worked.push({ place, left, crash: stand.crashAt({ moment, matches: at(place, point) }) });
  }
  // Times of the API have whole seconds: what is made in that of our first Lease is ours.
  await soon('the next second', () => Promise.resolve(Date.now() > lastMadeAt + 1_000));

  // Rejects where it is killed in it.
  await stand.start().catch(() => undefined);
  const starts: number[] = [];
  for (const { crash } of worked) starts.push(await crash.survived(ALL_KILLS_MS));
  const restartedAt = Math.max(...starts);
  await together(
    worked.map(({ place, left }) => async () => {
      await left.goOn();
      await emptiedInTime(place, restartedAt);
    }),
  );
  for (const { place, left } of worked) {
    // The Job that was under way has drained its claim, and what was drained is drained no more.
    expect(drainedAnew(place)).toEqual([left.names.running, left.names.over]);
    expect(await deletesPods(place)).toBe(false);
  }
});

/** Claims for which a finalizer Job was made. */
function drainedAnew(place: Place): string[] {
  const isMade = at(place, 'the finalizer Job is created');
  return stand.gate.written
    .filter(isMade)
    .map(({ name }) => name)
    .toSorted();
}

/** What the FluentPVC, which has left that out, means by it. */
async function deletesPods({ client, namespace: name }: Place): Promise<boolean | undefined> {
  const found = await client.get<FluentPVC>({ kind: 'FluentPVC', name });
  return found?.spec.deletePodIfSidecarContainerTerminationDetected;
}
