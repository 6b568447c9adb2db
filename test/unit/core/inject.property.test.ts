import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import type { Container, Pod, PodSpec } from '../../../src/api/pod.ts';
import '../../support/one-realm.ts';
import { injection, plain, spec } from '../../support/arbitrary.ts';
import { applyOperations, inject, type Injection } from '../../../src/core/inject.ts';

interface Result {
  pod: Pod;
  what: Injection;
  after: PodSpec;
}

/** Holds for every Pod that can be injected. */
function always(holds: (result: Result) => void): void {
  fc.assert(
    fc.property(spec.map(plain), injection.map(plain), (before, what) => {
      const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: before };
      const result = inject('/spec', before, what);
      if (result.outcome !== 'patch') return;
      const errors = jsonPatch.validate(result.operations as jsonPatch.Operation[], pod);
      expect(errors).toBeUndefined();
      const patched = jsonPatch.applyPatch(
        structuredClone(pod),
        structuredClone(result.operations) as jsonPatch.Operation[],
      ).newDocument;
      holds({ pod, what, after: patched.spec });
    }),
    { numRuns: 120 },
  );
}

const all = ({ containers, initContainers }: PodSpec): Container[] => [
  ...(initContainers ?? []),
  ...containers,
];

describe('whatever the Pod', () => {
  test('a second injection finds nothing to do', () => {
    always(({ what, after }) => {
      expect(inject('/spec', after, what)).toEqual({
        outcome: 'patch',
        operations: [],
        replaced: [],
      });
    });
  });

  test('unknown fields of spec and containers survive', () => {
    always(({ pod, what, after }) => {
      const { containers, initContainers, volumes, ...unknown } = pod.spec;
      expect(after).toMatchObject(unknown);
      for (const before of all(pod.spec)) {
        if (before.name === what.sidecar?.container.name) continue;
        const { env: _env, volumeMounts: _mounts, ...rest } = before;
        const now = all(after).find(({ name }) => name === before.name);
        expect(now).toMatchObject(rest);
      }
    });
  });

  test('every selected container has all our mounts and envs, and what is not ours stays in order', () => {
    always(({ pod, what, after }) => {
      const last = new Map(what.envs.map((entry) => [entry.name, entry]));
      const ourVolumes = new Set(what.mounts.map(({ name }) => name));
      for (const container of all(after)) {
        const { name } = container;
        const list = after.containers.includes(container) ? 'containers' : 'initContainers';
        const isSidecar = name === what.sidecar?.container.name;
        if (!isSidecar && what[list]?.includes(name) === false) {
          expect(container).toEqual(all(pod.spec).find((one) => one.name === name));
          continue;
        }
        const [env, volumeMounts] = [container.env ?? [], container.volumeMounts ?? []];
        expect(env).toEqual(expect.arrayContaining([...last.values()]));
        expect(volumeMounts).toEqual(expect.arrayContaining([...what.mounts]));
        const old = all(pod.spec).find((candidate) => candidate.name === name);
        if (old === undefined || isSidecar) continue;
        const foreign = (entry: { name: string }): boolean => !last.has(entry.name);
        expect(env.filter(foreign)).toEqual((old.env ?? []).filter(foreign));
        const theirs = (entry: { name: string }): boolean => !ourVolumes.has(entry.name);
        expect(volumeMounts.filter(theirs)).toEqual((old.volumeMounts ?? []).filter(theirs));
      }
    });
  });

  test('a container that gets nothing mounts what it mounted, and no device is a file system', () => {
    always(({ pod, what, after }) => {
      const volumeOf = ({ volumes }: PodSpec, name: string): unknown =>
        volumes?.find((one) => one.name === name);
      for (const list of ['containers', 'initContainers'] as const) {
        for (const container of after[list] ?? []) {
          const mounted = (container.volumeMounts ?? []).map(({ name }) => name);
          for (const { name } of container.volumeDevices ?? []) {
            expect(what.mounts.map((one) => one.name)).not.toContain(name);
          }
          const isSidecar = container.name === what.sidecar?.container.name;
          if (isSidecar || what[list]?.includes(container.name) !== false) continue;
          for (const name of mounted) {
            const was = volumeOf(pod.spec, name);
            if (was !== undefined) expect(volumeOf(after, name)).toEqual(was);
          }
        }
      }
    });
  });

  test('a container name stands once, a native sidecar right after those it waits for, and an app remains', () => {
    always(({ what: { sidecar }, after }) => {
      const containerNames = all(after).map(({ name }) => name);
      if (sidecar === undefined) return;
      const own = sidecar.container.name;
      expect(containerNames.filter((name) => name === own)).toHaveLength(1);
      const list = sidecar.mode === 'Native' ? (after.initContainers ?? []) : after.containers;
      expect(list.map(({ name }) => name)).toContain(own);
      if (sidecar.mode === 'Native') {
        const waitsFor = ({ name, restartPolicy }: Container): boolean =>
          name !== own && restartPolicy === 'Always' && sidecar.after.includes(name);
        const before = (after.initContainers ?? []).findLastIndex(waitsFor);
        expect(after.initContainers?.[before + 1]?.name).toBe(own);
      }
      expect(after.containers.some(({ name }) => name !== own)).toBe(true);
    });
  });

  test('containers of the Pod keep their order', () => {
    always(({ pod, what, after }) => {
      const own = what.sidecar?.container.name;
      const order = (list: Container[] | undefined): string[] =>
        (list ?? []).map(({ name }) => name).filter((name) => name !== own);
      expect(order(after.containers)).toEqual(order(pod.spec.containers));
      expect(order(after.initContainers)).toEqual(order(pod.spec.initContainers));
    });
  });

  test('a null of init containers is none', () => {
    fc.assert(
      fc.property(spec.map(plain), injection.map(plain), ({ initContainers: _, ...some }, what) => {
        const before = { ...some, initContainers: null as unknown as Container[] };
        const [result, expected] = [inject('', before, what), inject('', some, what)];
        expect(result.outcome).toBe(expected.outcome);
        if (result.outcome !== 'patch' || expected.outcome !== 'patch') return;
        const applied = (to: PodSpec, { operations }: typeof result): PodSpec => {
          const after = applyOperations(to, operations);
          return { ...after, initContainers: (after.initContainers as Container[] | null) ?? [] };
        };
        expect(applied(before, result)).toEqual(applied(some, expected));
      }),
      { numRuns: 100 },
    );
  });

  test('the Pod itself is not touched', () => {
    fc.assert(
      fc.property(spec.map(plain), injection.map(plain), (before, what) => {
        const copy = structuredClone([before, what]);
        inject('/spec', before, what);
        expect([before, what]).toEqual(copy);
      }),
      { numRuns: 100 },
    );
  });
});
