import { test } from '@jest/globals';
import { openApi, type Api } from '../api/harness.ts';
import { shared } from '../support/shared.ts';
import { CUTS } from './cuts.ts';
import { createdPod } from './place.ts';
import { refuse, refusing, refusingNothing } from './refusal.ts';
import { openStand, type Stand } from './stand.ts';
import { ask, at, emptiedInTime, newPlace, together } from './unborn.ts';

/*
 * Admissions that are cut off: a claim and a binding, or one of them, are there for a Pod that nobody
 * created. The crashes come one after the other; what they leave behind heals at the same time.
 */

let api: Api;
let stand: Stand;

shared(async (parts) => {
  api = await openApi(parts);
  stand = await openStand({ ...api, args: ['--concurrency=32'] }, parts);
  await stand.start();
  await refuse(api, 'persistentvolumeclaims');
  await refuse(api, 'fluentpvcbindings');
});

test('an admission that is cut off leaves nothing, and its Pod is there when it is asked for again', async () => {
  const healing: (() => Promise<void>)[] = [];
  for (const [what, { point, moment, without, refused, again }] of Object.entries(CUTS)) {
    const place = await newPlace(api);
    if (refused !== undefined) await refusing(place, refused);
    const letGo = without === undefined ? undefined : stand.gate.hold(at(place, without));
    const crash = stand.crashAt({ moment, matches: at(place, point) });
    await ask(place, what, () => Promise.resolve(crash.hasFallen));
    const restartedAt = await crash.survived();
    letGo?.();
    if (refused !== undefined) await refusingNothing(place);
    const second =
      again && stand.crashAt({ moment: again.moment, matches: at(place, again.point) });
    healing.push(async () => {
      if (second === undefined) await createdPod(place);
      await emptiedInTime(place, restartedAt);
      // Seconds ago or a minute: an orphan is not touched before.
      await second?.survived();
    });
  }
  await together(healing);
});
