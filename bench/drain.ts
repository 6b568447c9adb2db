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

/** Between two reviews of an admission meanwhile, in ms: seldom, because they need the same cores. */
const REVIEW_EVERY_MS = 50;
const REST_MS = 20_000;
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
    const asked = askingBoth(stand, { floor, operator }, parts);

    await populateFloor(stand.client, observer, count);
    report.step(`${count} Pods of the floor run; deleting them`);
    drainFloor(stand.client, observer);
    const least = await drain(stand, observer, { count, asked });

    await populate(stand, observer, count);
    const atRest = await asked(sleep(REST_MS));
    report.step(`${count} Pods run; deleting them`);
    const own = await drain(stand, observer, { count, asked });

    const found = report.latencies(`${count} Pods: end to Job`, {
      floor: least.ends,
      operator: own.ends,
    });
    report.latencies(`${count} Pods: dry run of an admission, at rest`, atRest);
    const meanwhile = report.latencies(
      `${count} Pods: dry run of an admission, meanwhile`,
      own.reviews,
    );
    report.found(`${count} Pods: ms until the first Job`, {
      floor: { first: least.firstJobMs },
      operator: { first: own.firstJobMs },
    });
    report.target(`${count} Pods: s until the first Job`, own.firstJobMs / 1000, { atMost: 0.5 });
    report.target(`${count} Pods: a second`, found.operator.perSecond, { atLeast: 20 });
    report.target(
      `${count} Pods: ms that a storm of reconciles adds to p99 of an admission`,
      meanwhile.operator.p99 - meanwhile.floor.p99,
      { atMost: 20 },
    );
  }
}

/** Sends reviews to both for as long as something lasts. */
type Asked = (during: Promise<unknown>) => Promise<Record<'floor' | 'operator', Measured>>;

/**
 * Deletes all Pods, and waits until nothing of them is left. Its timeline is read then: it would go on
 * with what ends later. Reviews are sent meanwhile, whoever drains, so that both have the same machine.
 */
async function drain(
  { client }: Stand,
  observer: Observer,
  { count, asked }: { readonly count: number; readonly asked: Asked },
): Promise<{ ends: Measured; firstJobMs: number; reviews: Awaited<ReturnType<Asked>> }> {
  const timeline = followDrains(observer);
  const over = async (): Promise<void> => {
    await deleteAll(client, [...observer.pods.values()]);
    await nothingLeft(observer, count);
  };
  const reviews = await asked(over());
  return { ends: timeline.measured(), firstJobMs: timeline.firstJobMs(), reviews };
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
): Asked {
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
