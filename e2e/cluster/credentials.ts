import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createSigningKey, type Subject } from './certificates.ts';
import {
  apiServerUrl,
  clusterDomain,
  type ClusterConfig,
  kubernetesServiceAddress,
  nodeName,
} from './cluster-config.ts';
import { type Access, kubeconfig } from './kubeconfig.ts';
import type { ClusterFolders } from './state.ts';

/** Paths of everything that proves who is who. */
export interface CredentialFiles {
  readonly authority: string;
  readonly authorityKey: string;
  /** One certificate for all servers of the cluster: they share its addresses. */
  readonly server: string;
  readonly serverKey: string;
  /** The API server as a client of the kubelet; also the administrator. */
  readonly admin: string;
  readonly adminKey: string;
  /** The API server as a client of served APIs of others. */
  readonly frontProxy: string;
  readonly frontProxyKey: string;
  readonly serviceAccount: string;
  readonly serviceAccountKey: string;
  /** The kubeconfig of a component. */
  kubeconfigOf(client: ClientName): string;
}

/** Components that talk to the API server. */
export type ClientName = keyof ReturnType<typeof clients>;

/** Where the files of a cluster are. */
export function credentialFiles(folders: Pick<ClusterFolders, 'certificates'>): CredentialFiles {
  const file = (name: string): string => join(folders.certificates, name);
  return {
    authority: file('ca.crt'),
    authorityKey: file('ca.key'),
    server: file('server.crt'),
    serverKey: file('server.key'),
    admin: file('admin.crt'),
    adminKey: file('admin.key'),
    frontProxy: file('front-proxy.crt'),
    frontProxyKey: file('front-proxy.key'),
    serviceAccount: file('service-account.pub'),
    serviceAccountKey: file('service-account.key'),
    kubeconfigOf: (client) => file(`${client}.kubeconfig`),
  };
}

/** Makes a new authority and all that it signs; returns the administrator's access. */
export async function createCredentials(
  config: ClusterConfig,
  folders: ClusterFolders,
  now: Date,
): Promise<Access> {
  const files = credentialFiles(folders);
  const authority = await createAuthority(now);
  const accessFor = async (user: string, subject: Subject): Promise<Access> => ({
    name: user,
    server: apiServerUrl(config),
    authority: authority.certificate,
    credentials: await authority.client(subject),
  });
  const [admin, server, frontProxy, signing, ...accesses] = await Promise.all([
    accessFor(config.name, { user: 'kubernetes-admin', groups: ['system:masters'] }),
    authority.server('kube-apiserver', serverHosts(config)),
    authority.client({ user: 'front-proxy' }),
    createSigningKey(),
    ...Object.entries(clients(config)).map(
      async ([name, subject]) => [name, await accessFor(name, subject)] as const,
    ),
  ]);
  const contents: readonly (readonly [string, string])[] = [
    [files.authority, authority.certificate],
    [files.authorityKey, authority.key],
    [files.server, server.certificate],
    [files.serverKey, server.key],
    [files.admin, admin.credentials.certificate],
    [files.adminKey, admin.credentials.key],
    [files.frontProxy, frontProxy.certificate],
    [files.frontProxyKey, frontProxy.key],
    [files.serviceAccount, signing.public],
    [files.serviceAccountKey, signing.key],
    ...accesses.map(
      ([name, access]) => [files.kubeconfigOf(name as ClientName), kubeconfig(access)] as const,
    ),
    [folders.kubeconfig, kubeconfig(admin)],
  ];
  await Promise.all(contents.map(([file, text]) => writeFile(file, text, { mode: 0o600 })));
  return admin;
}

/** The administrator's access, read back from the files. */
export async function readAdminAccess(
  config: ClusterConfig,
  folders: ClusterFolders,
): Promise<Access> {
  const files = credentialFiles(folders);
  const [authority, certificate, key] = await Promise.all(
    [files.authority, files.admin, files.adminKey].map((file) => readFile(file, 'utf8')),
  );
  return {
    name: config.name,
    server: apiServerUrl(config),
    authority: authority ?? '',
    credentials: { certificate: certificate ?? '', key: key ?? '' },
  };
}

/** Names that Kubernetes' own roles are bound to. */
function clients(config: Pick<ClusterConfig, 'name'>) {
  return {
    'kube-controller-manager': { user: 'system:kube-controller-manager' },
    'kube-scheduler': { user: 'system:kube-scheduler' },
    'kube-proxy': { user: 'system:kube-proxy' },
    kubelet: { user: `system:node:${nodeName(config)}`, groups: ['system:nodes'] },
    coredns: { user: 'system:coredns' },
    kwok: { user: 'kwok', groups: ['system:masters'] },
  } satisfies Record<string, Subject>;
}

function serverHosts(config: ClusterConfig): readonly string[] {
  const service = 'kubernetes.default.svc';
  return [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    service,
    `${service}.${clusterDomain}`,
    nodeName(config),
    kubernetesServiceAddress,
    ...new Set(['127.0.0.1', config.address]),
  ];
}
