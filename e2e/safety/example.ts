import type { Cluster } from '../cluster/running-cluster.ts';
import type { Reporter } from '../cluster/reporter.ts';
import type { Kubectl } from '../kubectl.ts';
import type { WriterTemplate } from './writer.ts';

/** A shipper and a backend, as one of the examples has them. */
export interface Example {
  readonly name: 'demo' | 'log-collection';
  /** Makes both ready for Pods, images included. */
  install(stage: ExampleStage): Promise<void>;
  /** Makes what Pods and finalizer Jobs of a namespace refer to. */
  prepare(stage: ExampleStage, namespace: string): Promise<void>;
  readonly writer: WriterTemplate;
  /** Where that file is in the volume of a Pod. */
  fileOf(pod: { readonly namespace: string; readonly name: string; readonly uid: string }): string;
  readonly sidecar: string;
  /** Is that the command of a process by which a finalizer Job drains? Words are apart by NULs. */
  isDrainer(command: string): boolean;
  /** A Deployment, with its label `app`. */
  readonly backend: { readonly namespace: string; readonly name: string };
  /** Has it a line as often as it was sent? Else duplicates are not measured. */
  readonly keepsEveryDelivery: boolean;
  /** The lines that the backend has of a Pod, every delivery that it keeps, in any order. */
  received(stage: ExampleStage, uid: string): Promise<readonly string[]>;
  /** How many lines it has in all, of whatever Pods. */
  receivedInAll(stage: ExampleStage): Promise<number>;
}

/** Where it is installed. */
export interface ExampleStage {
  readonly cluster: Cluster;
  readonly kubectl: Kubectl;
  readonly reporter: Reporter;
}

/** The ConfigMap of that name, as it is to be made in another namespace. */
export async function configMapOf(
  kubectl: Kubectl,
  name: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<object> {
  const text = await kubectl('get', 'configmap', name, '--namespace', from, '-o', 'json');
  const { data } = JSON.parse(text) as { data: Record<string, string> };
  const metadata = { namespace: to, name };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}
