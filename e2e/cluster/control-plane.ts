import { join } from 'node:path';
import { type ClusterConfig, serviceRange } from './cluster-config.ts';
import { type Component, httpProbe } from './component.ts';
import { credentialFiles } from './credentials.ts';
import type { ClusterFolders } from './state.ts';

/** etcd without fsync: a cluster for tests loses nothing that matters when the machine stops. */
export function etcd(config: ClusterConfig, folders: ClusterFolders): Component {
  const { ports } = config;
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: 'etcd',
    command: binary(config, 'etcd'),
    args: [
      '--name=default',
      `--data-dir=${folders.etcd}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // Clients are local to the cluster; health is asked from the machine, too.
      `--listen-metrics-urls=http://${config.address}:${ports.etcdMetrics}`,
      '--quota-backend-bytes=8589934592',
      '--log-level=warn',
    ],
    probe: httpProbe(`http://${config.address}:${ports.etcdMetrics}/health`),
  };
}

/** The API server, with RBAC, the default admission plugins and, if wanted, an audit log. */
export function apiServer(
  config: ClusterConfig,
  folders: ClusterFolders,
  authority: string,
): Component {
  const files = credentialFiles(folders);
  const real = config.nodes.kind === 'real';
  return {
    name: 'kube-apiserver',
    command: binary(config, 'kube-apiserver'),
    args: [
      `--etcd-servers=http://127.0.0.1:${config.ports.etcd}`,
      `--bind-address=${real ? '0.0.0.0' : config.address}`,
      `--advertise-address=${config.address}`,
      `--secure-port=${config.ports.api}`,
      // An address of the loopback range can't be an endpoint of the Service `kubernetes`.
      ...(real ? [] : ['--endpoint-reconciler-type=none']),
      `--tls-cert-file=${files.server}`,
      `--tls-private-key-file=${files.serverKey}`,
      `--client-ca-file=${files.authority}`,
      // Served APIs of others (aggregation): only this one client may say who it speaks for.
      `--requestheader-client-ca-file=${files.authority}`,
      '--requestheader-allowed-names=front-proxy',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${files.frontProxy}`,
      `--proxy-client-key-file=${files.frontProxyKey}`,
      `--kubelet-certificate-authority=${files.authority}`,
      `--kubelet-client-certificate=${files.admin}`,
      `--kubelet-client-key=${files.adminKey}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      `--service-cluster-ip-range=${serviceRange}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${files.serviceAccount}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      // `down` kills; whoever ends it by hand should not wait for watches to drain.
      '--shutdown-delay-duration=0s',
      ...(config.audit
        ? [`--audit-log-path=${folders.audit}`, `--audit-policy-file=${auditPolicyFile(folders)}`]
        : []),
      ...config.apiServerArgs,
    ],
    probe: httpProbe(`https://${config.address}:${config.ports.api}/readyz`, authority),
  };
}

/** The controller-manager, with the provisioner of the default StorageClass. */
export function controllerManager(
  config: ClusterConfig,
  folders: ClusterFolders,
  authority: string,
): Component {
  const files = credentialFiles(folders);
  return {
    name: 'kube-controller-manager',
    command: binary(config, 'kube-controller-manager'),
    args: [
      ...serving(config, folders, 'kube-controller-manager', config.ports.controllerManager),
      '--use-service-account-credentials',
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--root-ca-file=${files.authority}`,
      `--cluster-signing-cert-file=${files.authority}`,
      `--cluster-signing-key-file=${files.authorityKey}`,
      '--enable-hostpath-provisioner',
      ...(hasNodes(config) ? [] : ['--controllers=*,-pod-garbage-collector-controller']),
    ],
    probe: httpProbe(
      `https://${config.address}:${config.ports.controllerManager}/healthz`,
      authority,
    ),
  };
}

/** Without nodes a Pod that has one is taken for a leftover, and deleted by force within a minute. */
function hasNodes({ nodes }: ClusterConfig): boolean {
  return nodes.kind !== 'kwok' || nodes.count > 0;
}

/** The scheduler. */
export function scheduler(
  config: ClusterConfig,
  folders: ClusterFolders,
  authority: string,
): Component {
  return {
    name: 'kube-scheduler',
    command: binary(config, 'kube-scheduler'),
    args: serving(config, folders, 'kube-scheduler', config.ports.scheduler),
    probe: httpProbe(`https://${config.address}:${config.ports.scheduler}/healthz`, authority),
  };
}

/** Records who asked for what, and what was written: of reads not the objects, which is most of it. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Request', verbs: ['create', 'update', 'patch', 'delete'] },
    { level: 'Metadata' },
  ],
};

/** Where the audit policy is. */
export function auditPolicyFile(folders: ClusterFolders): string {
  return join(folders.root, 'audit-policy.json');
}

/** The path of a binary that was asked for at the start. */
export function binary(config: Pick<ClusterConfig, 'binaries'>, name: string): string {
  const path = config.binaries[name];
  if (path === undefined) throw new Error(`${name} was not looked for`);
  return path;
}

function serving(
  config: ClusterConfig,
  folders: ClusterFolders,
  client: 'kube-controller-manager' | 'kube-scheduler',
  port: number,
): readonly string[] {
  const files = credentialFiles(folders);
  const own = files.kubeconfigOf(client);
  return [
    `--kubeconfig=${own}`,
    `--authentication-kubeconfig=${own}`,
    `--authorization-kubeconfig=${own}`,
    `--bind-address=${config.nodes.kind === 'real' ? '0.0.0.0' : config.address}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${files.server}`,
    `--tls-private-key-file=${files.serverKey}`,
    // There is one of each; without an election they work at once.
    '--leader-elect=false',
    // With the usual 20 requests a second they would be what a benchmark measures.
    '--kube-api-qps=1000',
    '--kube-api-burst=1000',
  ];
}
