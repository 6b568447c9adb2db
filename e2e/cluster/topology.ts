import type { ClusterConfig, Nodes } from './cluster-config.ts';
import type { Component } from './component.ts';
import { containerd } from './containerd.ts';
import { apiServer, controllerManager, etcd, scheduler } from './control-plane.ts';
import { coreDns } from './dns.ts';
import { kubelet, kubeProxy } from './kubelet.ts';
import { kwok } from './kwok.ts';
import type { Namespaces } from './namespaces.ts';
import { registry } from './registry.ts';
import type { ClusterFolders } from './state.ts';

/** Binaries that a cluster of this kind runs, and kubectl for who uses it. */
export function binariesFor(nodes: Nodes, apiServerOnly: boolean): readonly string[] {
  const api = ['kube-apiserver', 'kubectl', 'etcd'];
  if (apiServerOnly) return api;
  const controlPlane = [...api, 'kube-controller-manager', 'kube-scheduler'];
  if (nodes.kind === 'kwok') return nodes.count === 0 ? controlPlane : [...controlPlane, 'kwok'];
  return [
    ...controlPlane,
    ...['kubelet', 'kube-proxy', 'containerd', 'containerd-shim-runc-v2', 'runc'],
    ...['ptp', 'loopback', 'host-local', 'portmap', 'registry', 'coredns'],
  ];
}

/**
 * The processes of a cluster in waves: all of a wave start together, and a wave starts when the
 * one before serves. `namespaces` is there for a real node and only then.
 */
export function waves(
  config: ClusterConfig,
  folders: ClusterFolders,
  authority: string,
  namespaces: Namespaces | undefined,
): readonly (readonly Component[])[] {
  const api = apiServer(config, folders, authority);
  if (config.apiServerOnly) return [[etcd(config, folders)], [api]];
  const controllers = [
    controllerManager(config, folders, authority),
    scheduler(config, folders, authority),
  ];
  if (namespaces === undefined) {
    const simulated = config.binaries.kwok === undefined ? [] : [kwok(config, folders)];
    return [[etcd(config, folders)], [api], [...controllers, ...simulated]];
  }
  return [
    [etcd(config, folders), containerd(config, folders, namespaces), registry(config, folders)],
    [api],
    [
      ...controllers,
      kubelet(config, folders),
      kubeProxy(config, folders),
      coreDns(config, folders),
    ],
  ];
}
