import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  clusterDomain,
  type ClusterConfig,
  dnsServiceAddress,
  nodePorts,
} from './cluster-config.ts';
import { type Component, httpProbe } from './component.ts';
import { binary } from './control-plane.ts';
import { credentialFiles } from './credentials.ts';
import type { ClusterObject } from './objects.ts';
import type { ClusterFolders } from './state.ts';

/**
 * CoreDNS as a process of the node and not as a Pod: names are there before the first Pod, and no
 * image is needed for it. Pods reach it by the usual Service.
 */
export function coreDns(config: ClusterConfig, folders: ClusterFolders): Component {
  return {
    name: 'coredns',
    command: binary(config, 'coredns'),
    args: ['-conf', configFile(folders), '-quiet'],
    probe: httpProbe(`http://${config.address}:${nodePorts.dnsReady}/ready`),
  };
}

/** Writes CoreDNS' configuration. */
export async function writeDnsFiles(config: ClusterConfig, folders: ClusterFolders): Promise<void> {
  await writeFile(
    configFile(folders),
    `${clusterDomain}:${nodePorts.dns} in-addr.arpa:${nodePorts.dns} {
  bind ${config.address}
  errors
  ready ${config.address}:${nodePorts.dnsReady}
  kubernetes ${clusterDomain} in-addr.arpa {
    kubeconfig "${credentialFiles(folders).kubeconfigOf('coredns')}"
    ttl 5
  }
}
# The node has no way out, so other names don't exist; a silent server would stall programs.
.:${nodePorts.dns} {
  bind ${config.address}
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`,
  );
}

/** The Service that Pods ask, its one endpoint, and what CoreDNS may read. */
export function dnsObjects(config: ClusterConfig): readonly ClusterObject[] {
  const core = '/api/v1/namespaces/kube-system';
  const discovery = '/apis/discovery.k8s.io/v1/namespaces/kube-system';
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const role = 'system:coredns';
  const ports = (['UDP', 'TCP'] as const).map((protocol) => ({
    name: protocol === 'UDP' ? 'dns' : 'dns-tcp',
    port: nodePorts.dns,
    protocol,
  }));
  return [
    {
      path: `${core}/services/kube-dns`,
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns', labels: { 'k8s-app': 'kube-dns' } },
        spec: { clusterIP: dnsServiceAddress, ports },
      },
    },
    {
      path: `${discovery}/endpointslices/kube-dns`,
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'kube-dns', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [config.address], conditions: { ready: true } }],
        ports,
      },
    },
    {
      path: `${rbac}/clusterroles/${role}`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: role },
        rules: [
          {
            apiGroups: [''],
            resources: ['services', 'pods', 'namespaces', 'endpoints'],
            verbs: ['list', 'watch'],
          },
          {
            apiGroups: ['discovery.k8s.io'],
            resources: ['endpointslices'],
            verbs: ['list', 'watch'],
          },
        ],
      },
    },
    {
      path: `${rbac}/clusterrolebindings/${role}`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: role },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:coredns' }],
      },
    },
  ];
}

function configFile(folders: ClusterFolders): string {
  return join(folders.node, 'Corefile');
}
