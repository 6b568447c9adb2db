import { defineBench } from './bench.ts';
import { allRounds, byTurns, load } from './load.ts';
import type { Report } from './report.ts';
import { openStubStand } from './stub-stand.ts';

const SIZES = {
  clients: [1, 32],
  envs: [5, 100, 1500],
  samples: 3_000,
  rounds: 6,
  profile: 'none',
};

/** AdmissionReviews straight at the TLS port, the API behind it a stub: what our code alone costs. */
export const webhookBench = defineBench({
  name: 'webhook',
  what: 'AdmissionReviews straight at the TLS port, with a stub for the API server',
  sizes: SIZES,
  measure,
});

const WARM_UP = { clients: 8, samples: 500 };

async function measure(sizes: typeof SIZES, report: Report): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const stand = await openStubStand(report, sizes.profile, parts);
  const { operator } = stand;
  for (const envs of sizes.envs) {
    const floor = await stand.floor(envs);
    const both = {
      floor: stand.reviewed(floor, envs),
      operator: stand.reviewed(operator, envs),
    };
    for (const subject of Object.values(both)) await load(subject, WARM_UP);
    for (const clients of sizes.clients) {
      const name = `${clients} at a time, ${envs} envs`;
      report.step(name);
      report.latencies(name, allRounds(await byTurns(both, { ...sizes, clients })));
    }
    report.found(`MiB after reviews of ${envs} envs`, {
      floor: { rss: await floor.rssMiB(), heap: await floor.heapMiB() },
      operator: { rss: await operator.rssMiB(), heap: await operator.heapMiB() },
    });
  }
}
