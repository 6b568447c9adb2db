import { readdir, readFile } from 'node:fs/promises';
import type { Pod } from '../src/api/pod.ts';
import type { Stored } from '../src/api/object.ts';
import type { Lease } from '../src/kube/lease.ts';
import { systemClock } from '../src/clock.ts';
import { silentReporter } from './cluster/reporter.ts';
import { chartOf, createHelm, obtainHelm, type Helm } from './helm.ts';
import { buildOperatorImage, OPERATOR_REPOSITORY, THESE, type Sources } from './image/build.ts';
import type { Stage } from './stage.ts';

/** Name of the release, and so of everything in it. */
export const RELEASE = 'fluent-pvc-operator';
/** Namespace of the release. */
export const OPERATOR_NAMESPACE = 'fluent-pvc-system';

/** The operator in a cluster, by image and chart. */
export interface Installed {
  helm: Helm;
  /** A `helm upgrade` to these values alone; returns when all Pods of the new state are ready. */
  upgrade(...values: readonly string[]): Promise<void>;
  /** Builds the image of other sources, which the next upgrade goes to. */
  prepare(to: Sources): Promise<void>;
  /** The Pods of a Deployment of the release. */
  pods(component: 'webhook' | 'controllers'): Promise<Stored<Pod>[]>;
  /** Name of the Pod that leads; undefined while none does. */
  leader(): Promise<string | undefined>;
}

/**
 * Builds the image, pushes it, and installs the chart as users do, in a namespace that takes only Pods
 * of the restricted standard. Resolves when all of it is ready.
 *
 * @param values flags of the first installation, beside those that name the image
 */
export async function installOperator(
  stage: Stage,
  { from = THESE, values = [] }: { from?: Sources; values?: readonly string[] } = {},
): Promise<Installed> {
  const helm = createHelm({
    helm: await obtainHelm(silentReporter),
    kubeconfig: stage.cluster.kubeconfig,
  });
  await stage.kubectl.feed('apply', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: OPERATOR_NAMESPACE,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    },
  });
  const flags = [`--namespace=${OPERATOR_NAMESPACE}`, '--wait', '--timeout=4m'];
  let sources = from;
  const apply = async (how: 'install' | 'upgrade', more: readonly string[]): Promise<void> => {
    const image = `--set=image.repository=${OPERATOR_REPOSITORY},image.tag=${sources.tag}`;
    await helm(how, RELEASE, chartOf(sources), ...flags, image, ...more);
  };
  const prepare: Installed['prepare'] = async (to) => {
    await buildOperatorImage(stage.cluster, to);
    sources = to;
  };
  await prepare(from);
  await apply('install', values);
  return {
    helm,
    upgrade: (...more) => apply('upgrade', more),
    prepare,
    async pods(component) {
      const labelSelector = `app.kubernetes.io/component=${component}`;
      const { items } = await stage.client.list<Pod>('Pod', {
        namespace: OPERATOR_NAMESPACE,
        labelSelector,
      });
      return items;
    },
    async leader() {
      const ref = { kind: 'Lease', namespace: OPERATOR_NAMESPACE, name: RELEASE } as const;
      const lease = await stage.client.get<Lease>(ref);
      const { holderIdentity = '', renewTime = '' } = lease?.spec ?? {};
      // What a dead leader left is no leader.
      if (systemClock.now() - Date.parse(renewTime) > 10_000) return undefined;
      return holderIdentity === '' ? undefined : holderIdentity.split('_')[0];
    },
  };
}

/** SIGKILL for the first process of each container of a Pod: what an out-of-memory kill does. */
export async function killContainers(pod: Stored<Pod>): Promise<void> {
  const killed: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (!cgroup.includes(`pod${pod.metadata.uid}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    // Not the process that only holds the Pod's namespaces.
    if (!command.includes('/app/main.mjs')) continue;
    process.kill(Number(pid), 'SIGKILL');
    killed.push(pid);
  }
  if (killed.length === 0) {
    throw new Error(`Pod ${pod.metadata.name} has no process of the operator on this machine`);
  }
}
