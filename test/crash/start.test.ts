import { afterEach, describe, test } from '@jest/globals';
import { openApi, type Api } from '../api/harness.ts';
import { shared } from '../support/shared.ts';
import { FLOWS } from './flows.ts';
import { MOMENTS } from './gate.ts';
import { define, emptied, openPlace, soon } from './place.ts';
import { openStand, type Stand } from './stand.ts';
import { START_POINTS } from './visits.ts';
import { pointOf, WRITE_POINTS, type WritePointName } from './write-points.ts';

/* The operator is killed while it starts, while it leads, and while it stops. */

let api: Api;
let stand: Stand;

shared(async (parts) => {
  api = await openApi(parts);
  stand = await openStand(api, parts);
});

/** Whoever has killed it in the meantime. */
async function stopped(): Promise<void> {
  await stand.stop().catch(() => undefined);
}

afterEach(stopped);

const WAYS: Record<keyof typeof START_POINTS, () => Promise<void>> = {
  start: () => stand.start(),
  'start without a namespace to try FluentPVCs out in': async () => {
    await api.kubectl('delete', 'namespace', 'fluent-pvc-validation', '--ignore-not-found');
    await stand.start();
  },
  'start after a kill': async () => {
    await stand.start();
    await stand.kill();
    await stand.start();
  },
  stop: async () => {
    await stand.start();
    await stand.stop();
  },
};

const ways = Object.entries(WAYS).map(([way, go]) => {
  const points: readonly WritePointName[] = START_POINTS[way as keyof typeof START_POINTS];
  return { way, go, points };
});
const crashes = ways.flatMap(({ points, go }) =>
  points.flatMap((point) => MOMENTS.map((moment) => ({ point, moment, go }))),
);

test.each(ways)('uninterrupted: $way', async ({ points, go }) => {
  const before = stand.gate.written.length;
  await go();
  await soon('all of them', () => {
    const names = new Set(stand.gate.written.slice(before).map(pointOf));
    const missing = points.filter((point) => !names.has(point));
    if (missing.length > 0) throw new Error(`nothing of: ${missing.join(', ')}`);
    return Promise.resolve(true);
  });
});

describe('killed, and started again', () => {
  test.each(crashes)('$moment $point', async ({ point, moment, go }) => {
    const crash = stand.crashAt({ moment, matches: (write) => WRITE_POINTS[point].is(write) });
    // Rejects where the operator is killed in it.
    await go().catch(() => undefined);
    await crash.survived();

    const place = await openPlace(api);
    await define(place);
    await FLOWS['a claim is drained and released'].run(place);
    await emptied(place);
  });
});
