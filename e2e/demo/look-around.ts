import type { Reporter } from '../cluster/reporter.ts';
import type { Cluster } from '../cluster/running-cluster.ts';
import { cast as logCast } from '../log-collection/objects.ts';
import type { OperatorProcess } from '../operator.ts';
import { type Cast, cast as demoCast } from './objects.ts';
import type { DemoOptions } from './options.ts';

/** Names in the example that is played. */
export function castOf({ example }: DemoOptions): Cast {
  return example === 'demo' ? demoCast : logCast;
}

/** What to type when cluster and operator are left running. */
export function sayHowToLookAround(
  cluster: Cluster,
  operator: OperatorProcess,
  options: DemoOptions,
  reporter: Reporter,
): void {
  const { namespace, appName } = castOf(options);
  const logs = `
  kubectl port-forward -n ${namespace} service/loki 3100   # then, what Loki has of a Pod, by its name:
  http://localhost:3100/loki/api/v1/query_range?query=%7Bk8s_pod_name%3D%22NAME%22%7D`;
  reporter.line(`
Cluster and operator (process ${operator.pid}) are left running. To look around:
  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectl}
  kubectl get fluentpvcs
  kubectl scale deployment ${appName} -n ${namespace} --replicas=2
  kubectl get pods,pvc,fluentpvcbindings,jobs -n ${namespace}${options.example === 'demo' ? '' : logs}
  tail -f ${operator.logFile}
To remove both:
  npm run cluster -- down --name ${cluster.name}`);
}
