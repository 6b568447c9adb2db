import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { API_VERSION } from '../src/api/names.ts';
import type { KubeObject } from '../src/api/object.ts';
import { systemClock } from '../src/clock.ts';
import { createClient, type KubeClient } from '../src/kube/client.ts';
import { connect } from '../src/kube/connection.ts';
import { eventually } from '../test/support/eventually.ts';
import { startCluster } from './cluster/cluster.ts';
import type { Cluster } from './cluster/running-cluster.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { startOperator, type OperatorProcess } from './operator.ts';

/** A real node with this checkout's operator, for a file of tests. */
export interface Stage {
  cluster: Cluster;
  client: KubeClient;
  kubectl: Kubectl;
  /** Folder of this machine that Pods see as {@link DRAINED}: what drains have found. */
  drained: string;
  startOperator(): Promise<OperatorProcess>;
  close(): Promise<void>;
}

/** Where Pods mount, by hostPath, what drains have found. */
const DRAINED = '/tmp/drained';

/** How long something on a real node may take, in ms. */
export const PATIENCE_MS = 120_000;

export async function openStage(name: string): Promise<Stage> {
  const cluster = await startCluster({ name, nodes: { kind: 'real' } });
  const connection = await connect({ kubeconfig: cluster.kubeconfig, clock: systemClock });
  const client = createClient(connection, 'e2e');
  // The node has a /tmp of its own, where its volumes are, too.
  const drained = join(dirname(cluster.volumes), 'drained');
  await mkdir(drained, { recursive: true });
  return {
    cluster,
    client,
    kubectl: createKubectl(cluster),
    drained,
    startOperator: () =>
      startOperator({
        kubeconfig: cluster.kubeconfig,
        client,
        logFile: join(dirname(cluster.kubeconfig), 'operator.log'),
      }),
    async close() {
      await connection.close();
      await cluster.stop();
    },
  };
}

/**
 * A FluentPVC whose sidecar waits and whose finalizer Job copies what it finds in /buffer/log to
 * the stage's folder, under the name of the claim.
 */
export function copyingFluentPVC(
  name: string,
  scripts: { sidecar?: string; drain?: string } = {},
): KubeObject & { spec: object } {
  const copy = `cat /buffer/log >"${DRAINED}/\${HOSTNAME%-*}"; sync`;
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVC',
    metadata: { name },
    spec: {
      pvcSpecTemplate: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '10Mi' } },
      },
      // For all: the writer keeps count there, apart from what it counts.
      commonVolumes: [{ name: 'drained', hostPath: { path: DRAINED } }],
      commonVolumeMounts: [{ name: 'drained', mountPath: DRAINED }],
      pvcVolumeName: 'buffer',
      pvcVolumeMountPath: '/buffer',
      sidecarContainerTemplate: shell(
        'shipper',
        scripts.sidecar ?? 'trap "exit 0" TERM; sleep 1000000 & wait',
      ),
      pvcFinalizerJobSpecTemplate: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [shell('drain', scripts.drain ?? copy)],
          },
        },
      },
    },
  };
}

/** A container of the node's own image that runs a script. */
export function shell(
  name: string,
  script: string,
): { name: string; image: string; command: string[] } {
  return { name, image: 'busybox:stable', command: ['sh', '-c', script] };
}

/** Contents of what was drained so far, by claim. */
export async function drainedClaims(stage: Stage): Promise<Map<string, string>> {
  const names = (await readdir(stage.drained)).filter((name) => !name.startsWith('.'));
  const contents = await Promise.all(
    names.map((name) => readFile(join(stage.drained, name), 'utf8')),
  );
  return new Map(names.map((name, index) => [name, contents[index] ?? '']));
}

/** Writes numbered lines, and keeps count of them where the claim is not, until TERM or KILL. */
export function writer(onTerm = 'exit 0'): string {
  const write = 'i=$((i+1)); echo line $i >>/buffer/log';
  return `trap "${onTerm}" TERM; i=0; while true; do ${write}; echo $i >${DRAINED}/.$HOSTNAME; sleep 0.1; done`;
}

/** How many lines the writer of that Pod has counted so far. */
export async function countedBy(stage: Stage, pod: string): Promise<number> {
  return Number(await readFile(join(stage.drained, `.${pod}`), 'utf8'));
}

/** Waits until neither bindings nor managed claims are left. */
export async function nothingLeft(stage: Stage): Promise<void> {
  await eventually(
    'all bindings and claims to go',
    async () => {
      const left = await stage.kubectl('get', 'fpvcb,pvc,jobs', '-A', '-o', 'name');
      if (left !== '') throw new Error(left);
      return true;
    },
    PATIENCE_MS,
  );
}
