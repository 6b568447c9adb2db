import fc from 'fast-check';
import type { Container, PodSpec, VolumeDevice } from '../../src/api/pod.ts';
import type { Injection } from '../../src/core/inject.ts';

/*
 * Whatever Pods and injections there may be, for property-based tests.
 */

// Few names and paths, so that everything collides with everything.
const names = fc.constantFrom('a', 'b', 'c', 'd');
const paths = fc.constantFrom('/p', '/p/', '/q', '/r', '/s');
const json = fc.dictionary(fc.constantFrom('x-new', 'image', 'weird~/key'), fc.jsonValue(), {
  maxKeys: 2,
});
const extra = <T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(json, arbitrary).map(([unknown, known]) => ({ ...unknown, ...known }));

export const env = extra(
  fc.record({ name: names, value: fc.string() }, { requiredKeys: ['name'] }),
);
export const mount = extra(fc.record({ name: names, mountPath: paths }));
export const device = extra(fc.record({ name: names, devicePath: paths }));
export const volume = extra(fc.record({ name: names }));
/** A template engine may leave a null where a list belongs. */
const listOf = <T>(entry: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.oneof(
    { arbitrary: fc.array(entry, { maxLength }), weight: 9 },
    { arbitrary: fc.constant(null as unknown as T[]), weight: 1 },
  );
const lists = {
  env: listOf(env, 4),
  volumeMounts: listOf(mount, 4),
  volumeDevices: fc.oneof(
    { arbitrary: fc.constant(undefined as unknown as VolumeDevice[]), weight: 9 },
    { arbitrary: listOf(device, 1), weight: 1 },
  ),
  restartPolicy: fc.constant('Always'),
};
export const container: fc.Arbitrary<Container> = extra(
  fc.record({ name: names, ...lists }, { requiredKeys: ['name'] }),
);
// As Kubernetes demands, a name stands once in a Pod.
const containers: fc.Arbitrary<Pick<PodSpec, 'containers' | 'initContainers'>> = fc
  .uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 4 })
  .chain((every) =>
    fc.nat(every.length - 1).map((cut) => ({
      containers: every.slice(cut),
      ...(cut === 0 ? {} : { initContainers: every.slice(0, cut) }),
    })),
  );

export const spec: fc.Arbitrary<PodSpec> = fc
  .tuple(containers, extra(fc.record({ volumes: listOf(volume, 4) }, { requiredKeys: [] })))
  .map(([some, others]) => ({ ...others, ...some }));
export const injection: fc.Arbitrary<Injection> = fc.record(
  {
    volumes: fc.array(volume, { maxLength: 3 }),
    mounts: fc.uniqueArray(mount, { selector: ({ mountPath }) => mountPath, maxLength: 3 }),
    envs: fc.array(env, { maxLength: 3 }),
    containers: fc.subarray(['a', 'b', 'c', 'd']),
    initContainers: fc.subarray(['a', 'b', 'c', 'd']),
    sidecar: fc.record({
      container,
      mode: fc.constantFrom('Native', 'Regular'),
      after: fc.subarray(['a', 'b', 'c', 'd']),
    }),
  },
  { requiredKeys: ['volumes', 'mounts', 'envs'] },
);

/** As JSON gives it: without undefined, and with no other prototypes. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
