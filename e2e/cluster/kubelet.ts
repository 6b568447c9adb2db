import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupName } from './cgroups.ts';
import {
  clusterDomain,
  type ClusterConfig,
  dnsServiceAddress,
  nodeName,
  nodePorts,
  podRange,
} from './cluster-config.ts';
import { type Component, httpProbe } from './component.ts';
import { containerdSocket } from './containerd.ts';
import { binary } from './control-plane.ts';
import { credentialFiles } from './credentials.ts';
import type { ClusterFolders } from './state.ts';

/** The node agent. */
export function kubelet(config: ClusterConfig, folders: ClusterFolders): Component {
  return {
    name: 'kubelet',
    command: binary(config, 'kubelet'),
    args: [
      `--config=${files(folders).kubelet}`,
      `--kubeconfig=${credentialFiles(folders).kubeconfigOf('kubelet')}`,
      `--hostname-override=${nodeName(config)}`,
      `--node-ip=${config.address}`,
    ],
    probe: httpProbe(`http://${config.address}:${nodePorts.kubeletHealth}/healthz`),
  };
}

/** What makes addresses of Services work, on the node and in its Pods. */
export function kubeProxy(config: ClusterConfig, folders: ClusterFolders): Component {
  return {
    name: 'kube-proxy',
    command: binary(config, 'kube-proxy'),
    args: [`--config=${files(folders).proxy}`, `--hostname-override=${nodeName(config)}`],
    probe: httpProbe(`http://${config.address}:${nodePorts.proxyHealth}/healthz`),
  };
}

/** Writes the configuration of both. */
export async function writeNodeFiles(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<void> {
  const { kubelet: kubeletFile, proxy, resolver } = files(folders);
  // The machine's own file may name servers that the node can't reach.
  await writeFile(resolver, `nameserver ${dnsServiceAddress}\n`);
  await writeFile(kubeletFile, JSON.stringify(kubeletConfiguration(config, folders), null, 2));
  await writeFile(proxy, JSON.stringify(proxyConfiguration(folders), null, 2));
}

function files(folders: ClusterFolders): {
  readonly kubelet: string;
  readonly proxy: string;
  readonly resolver: string;
} {
  return {
    kubelet: join(folders.node, 'kubelet.json'),
    proxy: join(folders.node, 'kube-proxy.json'),
    resolver: join(folders.node, 'resolv.conf'),
  };
}

function kubeletConfiguration(config: ClusterConfig, folders: ClusterFolders): object {
  const credentials = credentialFiles(folders);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: '0.0.0.0',
    tlsCertFile: credentials.server,
    tlsPrivateKeyFile: credentials.serverKey,
    authentication: {
      anonymous: { enabled: false },
      x509: { clientCAFile: credentials.authority },
      webhook: { enabled: true },
    },
    authorization: { mode: 'Webhook' },
    healthzBindAddress: config.address,
    healthzPort: nodePorts.kubeletHealth,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDomain,
    clusterDNS: [dnsServiceAddress],
    resolvConf: files(folders).resolver,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupName(folders.root),
    // Two clusters on one machine don't reserve the same memory twice.
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // The disk is the developer's; its filling up is not the cluster's to solve.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '1%',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    // Five a second by default: of more Pods than that at once some would wait for minutes.
    registryPullQPS: 0,
    maxPods: 250,
    nodeStatusReportFrequency: '1m',
  };
}

function proxyConfiguration(folders: ClusterFolders): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: credentialFiles(folders).kubeconfigOf('kube-proxy') },
    clusterCIDR: podRange,
    healthzBindAddress: `0.0.0.0:${nodePorts.proxyHealth}`,
    // Limits of connection tracking belong to the machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '100ms' },
  };
}
