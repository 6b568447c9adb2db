import { logRecipes } from './log-recipes.ts';
import type { Recipe } from './recipe.ts';
import { toolRecipes } from './tool-recipes.ts';

/** Kubernetes minors that the operator supports. */
export const supportedKubernetes = { atLeast: '1.32.0', below: '1.37.0' } as const;
export const defaultKubernetesVersion = '1.36.3';
/** Of the oldest minor that is supported, the newest. */
export const oldestKubernetesVersion = '1.32.13';

const github = 'https://github.com';
const version = ['--version'];

/** Every set, for one version of Kubernetes (1.minor.patch). */
export function recipes(kubernetesVersion: string): readonly Recipe[] {
  return [
    kubernetes('kubernetes', kubernetesVersion, [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubectl',
    ]),
    kubernetes('kubernetes-node', kubernetesVersion, ['kubelet', 'kube-proxy']),
    {
      name: 'etcd',
      version: '3.6.16',
      binaries: [{ name: 'etcd', package: '', versionArgs: version }],
      accepts: { atLeast: '3.5.0', below: '4.0.0' },
      build: { module: 'go.etcd.io/etcd/server/v3' },
      download: {
        url: `${github}/etcd-io/etcd/releases/download/v{version}/etcd-v{version}-{os}-{arch}.tar.gz`,
        checksumUrl: `${github}/etcd-io/etcd/releases/download/v{version}/SHA256SUMS`,
        archivePath: 'etcd-v{version}-{os}-{arch}/{binary}',
      },
    },
    {
      name: 'containerd',
      version: '2.4.2',
      binaries: [
        { name: 'containerd', package: 'cmd/containerd' },
        { name: 'containerd-shim-runc-v2', package: 'cmd/containerd-shim-runc-v2' },
      ],
      build: { module: 'github.com/containerd/containerd/v2', tags: ['no_btrfs'] },
      download: {
        url: `${github}/containerd/containerd/releases/download/v{version}/containerd-static-{version}-{os}-{arch}.tar.gz`,
        checksumUrl: `${github}/containerd/containerd/releases/download/v{version}/containerd-static-{version}-{os}-{arch}.tar.gz.sha256sum`,
        archivePath: 'bin/{binary}',
      },
    },
    {
      name: 'runc',
      version: '1.5.2',
      binaries: [{ name: 'runc', package: '' }],
      build: {
        module: 'github.com/opencontainers/runc',
        cgo: true,
        tags: ['seccomp', 'netgo', 'osusergo'],
        // Static: what is in the cache runs without libseccomp, too.
        linkerFlags: ['-extldflags=-static'],
        packages: [
          {
            name: 'gcc',
            reason: 'runc is built with cgo',
            command: 'gcc',
          },
          {
            name: 'libc6-dev',
            reason: 'runc is built with cgo',
            files: ['/usr/include/stdlib.h'],
          },
          {
            name: 'pkg-config',
            reason: "runc's build finds libseccomp by it",
            command: 'pkg-config',
          },
          {
            name: 'libseccomp-dev',
            reason: 'runc filters system calls with libseccomp',
            files: ['/usr/include/seccomp.h'],
          },
        ],
      },
      download: {
        url: `${github}/opencontainers/runc/releases/download/v{version}/runc.{arch}`,
        checksumUrl: `${github}/opencontainers/runc/releases/download/v{version}/runc.sha256sum`,
      },
    },
    {
      name: 'cni-plugins',
      version: '1.9.1',
      binaries: [
        { name: 'ptp', package: 'plugins/main/ptp' },
        { name: 'loopback', package: 'plugins/main/loopback' },
        { name: 'host-local', package: 'plugins/ipam/host-local' },
        { name: 'portmap', package: 'plugins/meta/portmap' },
      ],
      build: { module: 'github.com/containernetworking/plugins' },
      download: {
        url: `${github}/containernetworking/plugins/releases/download/v{version}/cni-plugins-{os}-{arch}-v{version}.tgz`,
        checksumUrl: `${github}/containernetworking/plugins/releases/download/v{version}/cni-plugins-{os}-{arch}-v{version}.tgz.sha256`,
        archivePath: './{binary}',
      },
    },
    {
      name: 'registry',
      version: '3.1.2',
      binaries: [{ name: 'registry', package: 'cmd/registry' }],
      build: { module: 'github.com/distribution/distribution/v3' },
      download: {
        url: `${github}/distribution/distribution/releases/download/v{version}/registry_{version}_{os}_{arch}.tar.gz`,
        checksumUrl: `${github}/distribution/distribution/releases/download/v{version}/registry_{version}_{os}_{arch}.tar.gz.sha256`,
        archivePath: '{binary}',
      },
    },
    {
      name: 'coredns',
      version: '1.15.0',
      binaries: [{ name: 'coredns', package: '' }],
      build: { module: 'github.com/coredns/coredns' },
      download: {
        url: `${github}/coredns/coredns/releases/download/v{version}/coredns_{version}_{os}_{arch}.tgz`,
        checksumUrl: `${github}/coredns/coredns/releases/download/v{version}/coredns_{version}_{os}_{arch}.tgz.sha256`,
        archivePath: '{binary}',
      },
    },
    {
      name: 'kwok',
      version: '0.8.0',
      binaries: [{ name: 'kwok', package: 'cmd/kwok', versionArgs: version }],
      accepts: { atLeast: '0.7.0', below: '0.9.0' },
      // Its releases have no checksum file, so it is always built.
      build: { module: 'sigs.k8s.io/kwok' },
    },
    ...toolRecipes,
    ...logRecipes,
  ];
}

function kubernetes(name: string, release: string, commands: readonly string[]): Recipe {
  const [major, minor, patch] = release.split('.');
  const stamp = 'k8s.io/component-base/version';
  return {
    name,
    version: release,
    binaries: commands.map((command) => ({
      name: command,
      package: `cmd/${command}`,
      versionArgs: command === 'kubectl' ? ['version', '--client'] : version,
    })),
    // Components of two minors don't mix, so what is on the machine must have the wanted one.
    accepts: {
      atLeast: `${major ?? ''}.${minor ?? ''}.0`,
      below: `${major ?? ''}.${Number(minor) + 1}.0`,
    },
    build: {
      module: 'k8s.io/kubernetes',
      staging: { prefix: 'k8s.io/', version: `v0.${minor ?? ''}.${patch ?? ''}` },
      linkerFlags: [
        `-X=${stamp}.gitVersion=v${release}`,
        `-X=${stamp}.gitMajor=${major ?? ''}`,
        `-X=${stamp}.gitMinor=${minor ?? ''}`,
        `-X=${stamp}.gitTreeState=clean`,
      ],
    },
    download: {
      url: 'https://dl.k8s.io/v{version}/bin/{os}/{arch}/{binary}',
      checksumUrl: 'https://dl.k8s.io/v{version}/bin/{os}/{arch}/{binary}.sha256',
    },
  };
}
