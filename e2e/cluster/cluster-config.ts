import type { BinaryPaths } from './binaries.ts';

/** Which nodes a cluster has. */
export type Nodes =
  /** One real node in namespaces of its own; needs root on Linux. */
  | { readonly kind: 'real' }
  /** That many simulated nodes, or none; Pods "run" without containers. */
  | { readonly kind: 'kwok'; readonly count: number };

/** Everything that was decided at the start of a cluster; kept as JSON in its state folder. */
export interface ClusterConfig {
  readonly name: string;
  /** State folder; every process of the cluster is marked with it. */
  readonly folder: string;
  readonly nodes: Nodes;
  /** Only etcd and the API server: no controllers, no scheduler. */
  readonly apiServerOnly: boolean;
  readonly kubernetesVersion: string;
  readonly binaries: BinaryPaths;
  /** IP address of the cluster's servers: the node's, or 127.0.0.1 for simulated nodes. */
  readonly address: string;
  /** IP address under which the API server and Pods reach servers of this machine. */
  readonly hostAddress: string;
  readonly ports: Ports;
  /** Whether requests are recorded in audit.log of the state folder. */
  readonly audit: boolean;
  /** Additional arguments for the API server. */
  readonly apiServerArgs: readonly string[];
  /** Copies of the kubeconfig that the user asked for. */
  readonly userKubeconfigs: readonly string[];
}

/** Ports on `address`. A real cluster has the usual ones: the address is its own. */
export interface Ports {
  readonly api: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly etcdMetrics: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

export const usualPorts: Ports = {
  api: 6443,
  etcd: 2379,
  etcdPeer: 2380,
  etcdMetrics: 2381,
  controllerManager: 10257,
  scheduler: 10259,
  kwok: 10247,
};

/** Ports that only a real node has. */
export const nodePorts = {
  registry: 5000,
  kubeletHealth: 10248,
  proxyHealth: 10256,
  dns: 53,
  dnsReady: 8181,
} as const;

/** Address ranges inside a cluster; they are never seen outside of it. */
export const serviceRange = '10.96.0.0/16';
export const kubernetesServiceAddress = '10.96.0.1';
export const dnsServiceAddress = '10.96.0.10';
export const podRange = '10.244.0.0/16';
export const clusterDomain = 'cluster.local';

/** Name of the real node. */
export function nodeName(config: Pick<ClusterConfig, 'name'>): string {
  return `${config.name}-node`;
}

/** URL of the API server. */
export function apiServerUrl(config: ClusterConfig): string {
  return `https://${config.address}:${config.ports.api}`;
}
