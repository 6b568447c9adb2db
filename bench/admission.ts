import type { Pod } from '../src/api/pod.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { defineBench } from './bench.ts';
import { allRounds, byTurns, load, type Subject } from './load.ts';
import { profiled, type Program } from './program.ts';
import type { Report } from './report.ts';
import { subjects } from './shapes.ts';
import { openStand, standFloor, standOperator } from './stand.ts';

const SIZES = {
  clients: [1, 8, 32, 64],
  envs: [100, 1500],
  samples: 900,
  rounds: 9,
  nodes: 0,
  profile: 'none',
};

/** What creating a Pod takes through the webhook, through the floor's, and through none. */
export const admissionBench = defineBench({
  name: 'admission',
  what: 'creating Pods: bare, with a webhook that makes the two writes only, with the operator',
  sizes: SIZES,
  measure,
});

/** Of most Pods. */
const FEW_ENVS = 5;
const WARM_UP = 200;

async function measure(sizes: typeof SIZES, report: Report): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const stand = await openStand('admission', { nodes: sizes.nodes, report }, parts);
  const { client } = stand;
  // Without nodes there is nothing for controllers to do, and admission is all that is measured.
  const command = sizes.nodes === 0 ? 'webhook' : 'all';
  const operator = await standOperator(stand, command, profiled(sizes.profile, report.folder));
  parts.defer(() => operator.end());

  const compare = async ({
    envs,
    clients,
    dryRun = false,
  }: {
    envs: number;
    clients: number;
    dryRun?: boolean;
  }): Promise<void> => {
    const floor = await standFloor(stand, envs);
    await using own = new AsyncDisposableStack();
    own.defer(() => floor.kill());
    const all = {
      bare: creating(client, subjects.bare(envs), dryRun),
      floor: creating(client, subjects.floor(envs), dryRun, floor),
      'floor+patch': creating(client, subjects['floor+patch'](envs), dryRun, floor),
      operator: creating(client, subjects.operator(envs), dryRun, operator),
    };
    for (const subject of Object.values(all)) {
      await load(subject, { clients: 8, samples: WARM_UP });
    }
    const name = `${clients} at a time, ${envs} envs${dryRun ? ', dry run' : ''}`;
    report.step(name);
    const found = report.latencies(
      name,
      allRounds(await byTurns<keyof typeof all>(all, { ...sizes, clients })),
    );
    if (envs !== FEW_ENVS || dryRun || ![1, 32].includes(clients)) return;
    const ratio = (of: 'p50' | 'p99' | 'perSecond'): number => found.operator[of] / found.floor[of];
    report.target(`p50 of ${name}, in floors`, ratio('p50'), { atMost: 1.25 });
    report.target(`p99 of ${name}, in floors`, ratio('p99'), { atMost: 1.25 });
    report.target(`rate of ${name}, in floors`, ratio('perSecond'), { atLeast: 0.9 });
  };
  for (const clients of sizes.clients) await compare({ envs: FEW_ENVS, clients });
  await compare({ envs: FEW_ENVS, clients: 8, dryRun: true });
  for (const envs of sizes.envs) await compare({ envs, clients: 8 });
}

function creating(client: KubeClient, pod: Pod, dryRun: boolean, program?: Program): Subject {
  return {
    request: () => client.create(pod, { dryRun }),
    ...(program === undefined ? {} : { program }),
  };
}
