import { describe, expect, test } from '@jest/globals';
import type { Injection } from '../../../src/core/inject.ts';
import { app, init, injected, injection, mount, native, wears } from '../../support/injection.ts';
import { make } from '../../support/make.ts';

describe('mounts and envs reach', () => {
  const other = make.container('other');
  const spec = { containers: [app, other], initContainers: [init] };
  interface Case {
    select: Pick<Injection, 'containers' | 'initContainers'>;
    wear: string[];
  }
  const cases: Record<string, Case> = {
    'all, where nothing is selected': { select: {}, wear: ['app', 'other', 'init'] },
    'the containers that are named, and all init containers': {
      select: { containers: ['app'] },
      wear: ['app', 'init'],
    },
    'no container and all init containers': { select: { containers: [] }, wear: ['init'] },
    'all containers and no init container': {
      select: { initContainers: [] },
      wear: ['app', 'other'],
    },
    'none at all': { select: { containers: [], initContainers: [] }, wear: [] },
    'none of a name that the Pod does not have': {
      select: { containers: ['x'], initContainers: ['app'] },
      wear: [],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { select, wear }) => {
    const dress = (one: typeof app) => (wear.includes(one.name) ? wears(one) : one);
    const result = injected(spec, { ...injection('Native'), ...select });
    expect(result.spec?.containers).toEqual([app, other].map(dress));
    // The sidecar has them, whatever is selected.
    expect(result.spec?.initContainers).toEqual([native, dress(init)]);
  });
  test('no container that is not selected: what it mounts at our path is its own', () => {
    const mine = { ...other, volumeMounts: [{ ...mount, name: 'mine' }] };
    const result = injected({ containers: [app, mine] }, { ...injection(), containers: ['app'] });
    expect(result.spec?.containers).toEqual([wears(app), mine]);
  });
});
