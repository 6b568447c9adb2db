import { describe, expect, it } from '@jest/globals';
import { fillIn } from '../../../../e2e/cluster/download.ts';
import { forkedModules, nearestPatch, stagingModules } from '../../../../e2e/cluster/go-module.ts';
import { logRecipes } from '../../../../e2e/cluster/log-recipes.ts';
import { defaultKubernetesVersion, recipes } from '../../../../e2e/cluster/recipes.ts';
import { binariesFor } from '../../../../e2e/cluster/topology.ts';
import { inRange, parseVersion } from '../../../../e2e/cluster/versions.ts';

const table = recipes(defaultKubernetesVersion);
const names = table.flatMap(({ binaries }) => binaries.map(({ name }) => name));

describe('the recipe table', () => {
  it('makes each binary once, under one name of a set', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
  });

  it('makes everything that a cluster of any kind runs', () => {
    const wanted = [
      ...binariesFor({ kind: 'real' }, false),
      ...binariesFor({ kind: 'kwok', count: 1 }, false),
    ];
    expect(names).toEqual(expect.arrayContaining(wanted));
  });

  it('makes nothing for a cluster that only an example wants', () => {
    const wanted = binariesFor({ kind: 'real' }, false);
    for (const { binaries } of logRecipes) {
      for (const { name } of binaries) expect(wanted).not.toContain(name);
    }
  });

  it.each(table.map((recipe) => [recipe.name, recipe] as const))(
    '%s is well-formed',
    (_, recipe) => {
      expect(recipe.version).toMatch(/^\d+\.\d+\.\d+$/);
      if (recipe.accepts !== undefined) expect(inRange(recipe.version, recipe.accepts)).toBe(true);
      const values = { version: recipe.version, os: 'linux', arch: 'amd64', binary: 'x' };
      for (const text of Object.values(recipe.download ?? {})) {
        expect(fillIn(text as string, values)).not.toMatch(/[{}]|undefined/);
      }
    },
  );

  it('asks for the other minor of Kubernetes where the user does', () => {
    const [kubernetes] = recipes('1.34.2');
    expect(kubernetes).toMatchObject({
      version: '1.34.2',
      accepts: { atLeast: '1.34.0', below: '1.35.0' },
      build: { staging: { version: 'v0.34.2' } },
    });
  });
});

describe('stagingModules', () => {
  it("names the modules of the repository itself and nobody else's", () => {
    const goMod = `
replace github.com/other/fork => github.com/fork/fork v1.0.0
replace k8s.io/single => ./staging/src/k8s.io/single
replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/client-go => ./staging/src/k8s.io/client-go
	example.com/x => ./x
)`;
    const found = stagingModules(goMod, 'k8s.io/');
    expect(found).toEqual(['k8s.io/single', 'k8s.io/api', 'k8s.io/client-go']);
  });
});

describe('forkedModules', () => {
  it('names the modules that another one stands in for, and no folder', () => {
    const goMod = `
require github.com/hashicorp/memberlist v0.5.0
replace github.com/hashicorp/memberlist => github.com/grafana/memberlist v0.3.1
replace (
	github.com/a/b v1.0.0 => github.com/a/b v1.0.1
	github.com/own/push => ./pkg/push
	github.com/own/other => ../other
)`;
    expect(forkedModules(goMod)).toEqual([
      'replace github.com/hashicorp/memberlist => github.com/grafana/memberlist v0.3.1',
      'replace github.com/a/b v1.0.0 => github.com/a/b v1.0.1',
    ]);
  });
});

describe('the version of a module of the same repository', () => {
  it.each([
    ['that of the rest', ['v0.32.12', 'v0.32.13'], 'v0.32.13'],
    ['the nearest patch where the proxy has not got it', ['v0.32.3', 'v0.32.12'], 'v0.32.12'],
    ['of no other minor, and no pre-release', ['v0.33.0', 'v0.32.13-rc.0'], 'v0.32.13'],
    ['that of the rest where the proxy says nothing', [], 'v0.32.13'],
  ])('is %s', (_, offers, expected) => {
    expect(nearestPatch('v0.32.13', offers)).toBe(expected);
  });
});

describe('versions', () => {
  it.each([
    ['Kubernetes v1.36.3', [1, 36, 3]],
    ['etcd Version: 3.6.16\nGit SHA: 1', [3, 6, 16]],
    ['kwok version v0.8.0 go1.26', [0, 8, 0]],
    ['1.36', [1, 36, 0]],
    ['none', undefined],
  ])('reads "%s"', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each([
    ['1.36.0', true],
    ['1.36.99', true],
    ['1.35.9', false],
    ['1.37.0', false],
    ['nonsense', false],
  ])('%s in [1.36.0, 1.37.0) is %s', (text, expected) => {
    expect(inRange(text, { atLeast: '1.36.0', below: '1.37.0' })).toBe(expected);
  });
});
