import type { Recipe } from './recipe.ts';

const github = 'https://github.com';

/** Programs that work on or beside a cluster, and are no part of it. */
export const toolRecipes: readonly Recipe[] = [
  {
    name: 'helm',
    version: '4.3.1',
    binaries: [{ name: 'helm', package: 'cmd/helm', versionArgs: ['version', '--short'] }],
    accepts: { atLeast: '4.0.0', below: '5.0.0' },
    build: {
      module: 'helm.sh/helm/v4',
      linkerFlags: ['-X=helm.sh/helm/v4/internal/version.version=v4.3.1'],
    },
    download: {
      url: 'https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz',
      checksumUrl: 'https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum',
      archivePath: '{os}-{arch}/{binary}',
    },
  },
  {
    // What many clusters are still installed with. Its releases hold a program called helm.
    name: 'helm3',
    version: '3.22.0',
    binaries: [{ name: 'helm3', package: 'cmd/helm', versionArgs: ['version', '--short'] }],
    build: {
      module: 'helm.sh/helm/v3',
      linkerFlags: ['-X=helm.sh/helm/v3/internal/version.version=v3.22.0'],
    },
  },
  {
    name: 'prometheus',
    version: '3.13.5',
    binaries: [{ name: 'promtool', package: 'cmd/promtool', versionArgs: ['--version'] }],
    accepts: { atLeast: '2.42.0', below: '4.0.0' },
    build: {
      module: 'github.com/prometheus/prometheus',
      // A module of major version 0: 3.13.5 is v0.313.5.
      moduleVersion: 'v0.313.5',
      // Rules and metrics are read without clients of all clouds.
      tags: ['remove_all_sd'],
      linkerFlags: ['-X=github.com/prometheus/common/version.Version=3.13.5'],
    },
    download: {
      url: `${github}/prometheus/prometheus/releases/download/v{version}/prometheus-{version}.{os}-{arch}.tar.gz`,
      checksumUrl: `${github}/prometheus/prometheus/releases/download/v{version}/sha256sums.txt`,
      archivePath: 'prometheus-{version}.{os}-{arch}/{binary}',
    },
  },
  {
    name: 'cert-manager',
    // The last line whose programs are in one module.
    version: '1.11.5',
    binaries: [
      { name: 'cert-manager-controller', package: 'cmd/controller' },
      { name: 'cert-manager-cainjector', package: 'cmd/cainjector' },
    ],
    build: { module: 'github.com/cert-manager/cert-manager' },
    files: ['deploy/crds'],
  },
];
