import { describe, expect, it } from '@jest/globals';
import {
  type BinarySources,
  findBinaries,
  kubernetesVersionOf,
} from '../../../../e2e/cluster/binaries.ts';
import { silentReporter } from '../../../../e2e/cluster/reporter.ts';
import { UserError } from '../../../../src/errors.ts';

/** A machine in a table: which file says which version, what is cached and what can be had. */
interface Machine {
  readonly assets?: string;
  readonly path?: readonly string[];
  readonly versions?: Readonly<Record<string, string>>;
  readonly cached?: readonly string[];
  readonly downloadable?: readonly string[];
}

function machine({ assets, path = [], versions = {}, cached = [], downloadable = [] }: Machine): {
  readonly sources: BinarySources;
  readonly done: string[];
} {
  const done: string[] = [];
  const sources: BinarySources = {
    environment: { assets, path },
    reporter: silentReporter,
    versionOf: (file) => Promise.resolve(versions[file]),
    cache: {
      find: ({ name }) => Promise.resolve(cached.includes(name) ? `/cache/${name}` : undefined),
      install: async ({ name }, fill) => {
        await fill(`/work/${name}`);
        return `/cache/${name}`;
      },
    },
    downloader: {
      download: ({ name }) => {
        done.push(`try ${name}`);
        return Promise.resolve(downloadable.includes(name));
      },
    },
    builder: {
      build: ({ name }) => {
        done.push(`build ${name}`);
        return Promise.resolve();
      },
    },
  };
  return { sources, done };
}

const find = async (
  description: Machine,
  wanted: readonly string[],
): Promise<{ readonly paths: unknown; readonly done: readonly string[] }> => {
  const { sources, done } = machine(description);
  return { paths: await findBinaries(sources, '1.36.3', wanted), done };
};

describe('findBinaries', () => {
  it.each<[string, Machine, readonly string[], object]>([
    [
      'takes KUBEBUILDER_ASSETS before PATH',
      {
        assets: '/assets',
        path: ['/bin'],
        versions: { '/assets/etcd': 'etcd Version: 3.6.1', '/bin/etcd': 'etcd Version: 3.6.2' },
      },
      ['etcd'],
      { paths: { etcd: '/assets/etcd' }, done: [] },
    ],
    [
      'takes PATH before the cache',
      { path: ['/a', '/b'], versions: { '/b/etcd': '3.5.9' }, cached: ['etcd'] },
      ['etcd'],
      { paths: { etcd: '/b/etcd' }, done: [] },
    ],
    [
      'leaves what has an unsupported version',
      { path: ['/b'], versions: { '/b/etcd': '3.4.9' }, cached: ['etcd'] },
      ['etcd'],
      { paths: { etcd: '/cache/etcd/etcd' }, done: [] },
    ],
    [
      'never mixes two minors of Kubernetes',
      {
        path: ['/b'],
        versions: { '/b/kube-apiserver': 'Kubernetes v1.36.1', '/b/kubectl': 'v1.34.0' },
        cached: ['kubernetes'],
      },
      ['kube-apiserver', 'kubectl'],
      {
        paths: {
          'kube-apiserver': '/cache/kubernetes/kube-apiserver',
          kubectl: '/cache/kubernetes/kubectl',
        },
        done: [],
      },
    ],
    [
      'takes one folder for a set only if all of it is there',
      { path: ['/b'], versions: { '/b/kubectl': 'v1.36.0' }, cached: ['kubernetes'] },
      ['kube-apiserver', 'kubectl'],
      {
        paths: {
          'kube-apiserver': '/cache/kubernetes/kube-apiserver',
          kubectl: '/cache/kubernetes/kubectl',
        },
        done: [],
      },
    ],
    [
      'downloads what is nowhere',
      { downloadable: ['etcd'] },
      ['etcd'],
      { paths: { etcd: '/cache/etcd/etcd' }, done: ['try etcd'] },
    ],
    [
      'builds what can not be downloaded',
      {},
      ['etcd', 'runc'],
      {
        paths: { etcd: '/cache/etcd/etcd', runc: '/cache/runc/runc' },
        done: ['try etcd', 'build etcd', 'try runc', 'build runc'],
      },
    ],
    [
      'does not look for containerd on the machine, which runs other things with it',
      { path: ['/b'], versions: { '/b/runc': '1.5.2' }, cached: ['runc'] },
      ['runc'],
      { paths: { runc: '/cache/runc/runc' }, done: [] },
    ],
  ])('%s', async (_, description, wanted, expected) => {
    expect(await find(description, wanted)).toEqual(expected);
  });

  it.each(['1.31.9', '1.37.0', '2.0.0'])('refuses Kubernetes %s', async (version) => {
    const { sources } = machine({});
    await expect(findBinaries(sources, version, ['etcd'])).rejects.toThrow(UserError);
  });
});

describe('kubernetesVersionOf', () => {
  it.each([
    ['a supported version', { '/assets/kube-apiserver': 'Kubernetes v1.34.2' }, '1.34.2'],
    ['a version too old', { '/assets/kube-apiserver': 'Kubernetes v1.30.0' }, undefined],
    ['no API server', {}, undefined],
  ])('with %s in KUBEBUILDER_ASSETS', async (_, versions, expected) => {
    const { sources } = machine({ assets: '/assets', versions });
    expect(await kubernetesVersionOf(sources)).toBe(expected);
  });
});
