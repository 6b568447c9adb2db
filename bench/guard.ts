import { defineBench } from './bench.ts';
import { allRounds, byTurns, load } from './load.ts';
import type { Report } from './report.ts';
import { median, summarize } from './statistics.ts';
import { openStubStand } from './stub-stand.ts';

const SIZES = { samples: 2_400, rounds: 8 };

/** The short form of all others, for each run of CI: ratios to the floor that a busy machine leaves alone. */
export const guardBench = defineBench({
  name: 'guard',
  what: 'fails when an admission has become dearer, in requests, CPU, latency or memory, than so many floors',
  sizes: SIZES,
  measure,
});

const ENVS = 5;
/** Admissions, one after the other, whose requests are counted. */
const COUNTED = 20;
const WARM_UP = { clients: 4, samples: 600 };

/** Of the ratios to the floor; README.md says from which runs they come. */
const LIMITS = { cpu: 2.75, p50: 4, heap: 1.6 };
/** The one absolute number: what a bundle loads is the same on every machine, and the floor is bundled likewise. */
const RSS_MIB = 115;

async function measure({ samples, rounds }: typeof SIZES, report: Report): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const stand = await openStubStand(report, 'none', parts);
  const { operator } = stand;
  const floor = await stand.floor(ENVS);
  const both = {
    floor: stand.reviewed(floor, ENVS),
    operator: stand.reviewed(operator, ENVS),
  };
  const rss = await operator.rssMiB();
  for (const subject of Object.values(both)) await load(subject, WARM_UP);

  await stand.asked();
  // Of one alone the second write may reach the stub when the first has been answered.
  await load(both.operator, { clients: 1, samples: COUNTED });
  const { creates, reads, createsAtOnce } = await stand.asked();
  const found = await byTurns(both, { clients: 1, samples, rounds });
  const { floor: least, operator: own } = report.latencies('1 at a time, 5 envs', allRounds(found));
  const ratios = found.operator.map((round, index) => {
    const beside = found.floor[index];
    return beside === undefined ? NaN : summarize(round).p50 / summarize(beside).p50;
  });
  const heap = (await operator.heapMiB()) / (await floor.heapMiB());

  report.target('requests of one admission that write', creates / COUNTED, { atMost: 2 });
  report.target('of these, side by side', createsAtOnce, { atLeast: 2 });
  report.target('requests of one admission that read', reads / COUNTED, { atMost: 0 });
  report.target('CPU time, in floors', (own.cpu ?? NaN) / (least.cpu ?? NaN), {
    atMost: LIMITS.cpu,
  });
  report.target('p50, in floors', median(ratios), { atMost: LIMITS.p50 });
  report.target('MiB of RSS after the start', rss, { atMost: RSS_MIB });
  report.target('heap in use, in floors', heap, { atMost: LIMITS.heap });
  if (report.missed() > 0) process.exitCode = 1;
}
