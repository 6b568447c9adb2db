import { describe, expect, test } from '@jest/globals';
import { openApi, type Api } from '../api/harness.ts';
import { shared } from '../support/shared.ts';
import type { Flow } from './flow.ts';
import { FLOWS } from './flows.ts';
import { MOMENTS } from './gate.ts';
import { define, emptied, openPlace, THREE_MINUTES_MS, type Place } from './place.ts';
import { openStand, type Stand } from './stand.ts';
import { VISITS } from './visits.ts';
import { pointOf, WRITE_POINTS, type WritePointName } from './write-points.ts';

/*
 * The operator is a process of its own that is killed with SIGKILL at every point of every flow,
 * before the API server gets the write and after it has stored it, and then started again.
 */

let api: Api;
let stand: Stand;

shared(async (parts) => {
  api = await openApi(parts);
  stand = await openStand({ ...api, args: ['--eviction-timeout=1s'] }, parts);
  await stand.start();
});

/** Names of the points that the operator has passed for a place; throws for one that has no name. */
function passed(place: Place): WritePointName[] {
  return stand.gate.written.filter(place.owns).map(pointOf);
}

const flows = Object.entries<Flow>(FLOWS);
const crashes = VISITS.flatMap((visit) => MOMENTS.map((moment) => ({ ...visit, moment })));

describe('nothing interrupts the operator', () => {
  test.each(flows)('%s', async (flow, { run }) => {
    const place = await openPlace(api);
    await define(place);
    await run(place);
    await emptied(place);
    const names = passed(place);
    const missing = VISITS.filter((visit) => visit.flow === flow).filter(
      ({ point, time }) => names.filter((name) => name === point).length < time,
    );
    expect(missing.map(({ point }) => point)).toEqual([]);
  });
});

describe('the operator is killed', () => {
  test.each(crashes)('$flow: $moment $point ($time)', async ({ point, time, moment, run }) => {
    const place = await openPlace(api);
    let times = 0;
    const crash = stand.crashAt({
      moment,
      matches: (write) => {
        const isThere = place.owns(write) && WRITE_POINTS[point].is(write);
        if (isThere) times += 1;
        return isThere && times === time;
      },
    });
    await define(place);
    await run(place);
    const restartedAt = await crash.survived();
    await emptied(place);
    expect(performance.now() - restartedAt).toBeLessThan(THREE_MINUTES_MS);
    passed(place);
  });
});
