import { dirname, join } from 'node:path';
import { runCommand } from './cluster/commands.ts';

/** Runs kubectl and gives its standard output; a failure is a UserError with what kubectl said. */
export type Kubectl = (...args: readonly string[]) => Promise<string>;

/** The kubectl of a cluster, with the administrator's rights. */
export function createKubectl(cluster: {
  readonly kubectl: string;
  readonly kubeconfig: string;
}): Kubectl {
  const { kubeconfig } = cluster;
  // Its cache goes with the cluster and not into the home of whoever runs us.
  const cache = join(dirname(kubeconfig), 'kubectl-cache');
  return (...args) =>
    runCommand(cluster.kubectl, ['--kubeconfig', kubeconfig, '--cache-dir', cache, ...args]);
}

/** Standard output of a command in a container. */
export function execIn(
  kubectl: Kubectl,
  where: { readonly pod: string; readonly container: string },
  ...command: readonly string[]
): Promise<string> {
  return kubectl('exec', where.pod, '-c', where.container, '--', ...command);
}
