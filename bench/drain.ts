import { setTimeout as sleep } from 'node:timers/promises';
import type { Observer } from '../e2e/observer.ts';
import { defineBench } from './bench.ts';
import { drainFloor, populateFloor } from './floor-drain.ts';
import { allRounds, load } from './load.ts';
import { deleteAll, observeStand, patienceMs, populate } from './population.ts';
import { profiled } from './program.ts';
import type { Report } from './report.ts';
import { createReviewer } from './reviews.ts';
import { subjects } from './shapes.ts';
import type { Serving } from './shipped.ts';
import { openStand, standFloor, standOperator, type Stand } from './stand.ts';
import type { Measured } from './statistics.ts';
import { followDrains } from './timeline.ts';

const SIZES = { pods: [200, 1000], nodes: 10, profile: 'none' };

/** Many Pods that end at once. */
export const drainBench = defineBench({
  name: 'drain',
  what: 'so many Pods are deleted at once: from the end of each to its Job, and until nothing is left',
  sizes: SIZES,
  measure,
});

/** Between two reviews of an admission meanwhile, in ms. */
const REVIEW_EVERY_MS = 10;
const REST_MS = 5_000;
const ENVS = 5;

async function measure(sizes: typeof SIZES, report: Report): Promise<void> {
  for (const count of sizes.pods) {
    await using parts = new AsyncDisposableStack();
    const stand = await openStand('drain', { nodes: sizes.nodes, report }, parts);
    const operator = await standOperator(stand, 'all', profiled(sizes.profile, report.folder));
    parts.defer(() => operator.end());
    const floor = await standFloor(stand, ENVS);
    parts.defer(() => floor.kill());
    const observer = await observeStand(stand, parts);

    const floorDrain = await drainOfFloor(stand, observer, count, report);
    await populate(stand, observer, count);
    const asked = askingBoth(stand, { floor, operator }, parts);
    const atRest = await asked(sleep(REST_MS));
    report.step(`${count} Pods run; deleting them`);
    const timeline = followDrains(observer);
    const during = await asked(drain(stand, observer, count));

    const found = report.latencies(`${count} Pods: end to Job`, {
      floor: floorDrain.measured,
      operator: timeline.measured(),
    });
    report.latencies(`${count} Pods: dry run of an admission, at rest`, atRest);
    const meanwhile = report.latencies(`${count} Pods: dry run of an admission, meanwhile`, during);
    report.found(`${count} Pods: ms until the first Job`, {
      floor: { first: floorDrain.firstJobMs },
      operator: { first: timeline.firstJobMs() },
    });
    const first = timeline.firstJobMs() / 1000;
    report.target(`${count} Pods: s until the first Job`, first, { atMost: 0.5 });
    report.target(`${count} Pods: a second`, found.operator.perSecond, { atLeast: 20 });
    report.target(
      `${count} Pods: ms that a storm of reconciles adds to p99 of an admission`,
      meanwhile.operator.p99 - meanwhile.floor.p99,
      { atMost: 20 },
    );
  }
}

/** Read when it is over: a timeline goes on with what ends later. */
async function drainOfFloor(
  { client }: Stand,
  observer: Observer,
  count: number,
  report: Report,
): Promise<{ measured: Measured; firstJobMs: number }> {
  await populateFloor(client, observer, count);
  report.step(`${count} Pods of the floor run; deleting them`);
  const timeline = followDrains(observer);
  drainFloor(client, observer);
  await deleteAll(client, [...observer.pods.values()]);
  await nothingLeft(observer, count);
  return { measured: timeline.measured(), firstJobMs: timeline.firstJobMs() };
}

/** Deletes all Pods, and waits until nothing of them is left. */
async function drain({ client }: Stand, observer: Observer, count: number): Promise<void> {
  await deleteAll(client, [...observer.pods.values()]);
  await nothingLeft(observer, count);
}

async function nothingLeft(
  { pods, bindings, claims, jobs, until }: Observer,
  count: number,
): Promise<void> {
  const left = (): number =>
    [pods, bindings, claims, jobs].reduce((sum, cache) => sum + [...cache.values()].length, 0);
  await until({
    what: 'nothing to be left',
    probe: () => (left() === 0 ? true : undefined),
    otherwise: () => `${left()} Pods, bindings, claims and Jobs are`,
    timeout: patienceMs(count),
  });
}

/**
 * Sends reviews to both, one after the other, for as long as something lasts. Dry runs write nothing:
 * what they take is the webhook's own time, and the wait for it.
 */
function askingBoth(
  { ca }: Stand,
  programs: Readonly<Record<'floor' | 'operator', Serving>>,
  parts: AsyncDisposableStack,
): (during: Promise<unknown>) => Promise<Record<'floor' | 'operator', Measured>> {
  const pod = subjects.operator(ENVS);
  const reviewers = Object.entries(programs).map(([name, { port }]) => {
    const reviewer = createReviewer({ port, ca, pod, dryRun: true });
    parts.defer(() => reviewer.close());
    return { subject: { request: reviewer.review }, name: name as 'floor' | 'operator' };
  });
  return async (during) => {
    const found: Record<'floor' | 'operator', Measured[]> = { floor: [], operator: [] };
    let over = false;
    const end = during.finally(() => {
      over = true;
    });
    const ask = async (): Promise<void> => {
      while (!over) {
        for (const { name, subject } of reviewers) {
          found[name].push(await load(subject, { clients: 1, samples: 1 }));
          await sleep(REVIEW_EVERY_MS);
        }
      }
    };
    await Promise.all([end, ask()]);
    return allRounds(found);
  };
}
