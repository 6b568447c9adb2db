import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FluentPVC } from '../../../src/api/fluentpvc.ts';
import type { Container, PodSpec } from '../../../src/api/pod.ts';
import { buildTrials } from '../../../src/core/trial.ts';
import { fluentPVCField } from '../../../src/core/trial-field.ts';
import { make } from '../../support/make.ts';
import { tried } from '../../support/tried.ts';

// Few names, so that they meet.
const name = fc.constantFrom('a', 'b', 'c', 'logs');
const list = <T>(entry: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(entry, { maxLength: 4 });
const env = fc.record({ name, value: fc.constantFrom('1', '2') });
const mount = fc.record({ name, mountPath: fc.constantFrom('/1', '/2', '/3') });
const volume = fc.record({ name, emptyDir: fc.constantFrom({}, { medium: 'Memory' }) });
const lists = fc.record({ env: list(env), volumeMounts: list(mount) });
const spec = fc
  .record({
    commonEnvs: list(env),
    commonVolumes: list(volume),
    commonVolumeMounts: list(mount),
    sidecarMode: fc.constantFrom('Native', 'Regular'),
    sidecar: lists,
    drainers: fc.array(lists, { minLength: 1, maxLength: 2 }),
    volumes: list(volume),
  })
  .map(({ sidecar, drainers, volumes, ...rest }) => ({
    ...rest,
    sidecarContainerTemplate: make.container('fluentd', sidecar),
    pvcFinalizerJobSpecTemplate: {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: drainers.map((each, index) => make.container(`drain-${index}`, each)),
          volumes,
        },
      },
    },
  }));

/** What stands in the FluentPVC at a path. */
function valueAt(fluentPVC: FluentPVC, path: string): unknown {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], fluentPVC);
}

/** Every entry that somebody has put into a list of the spec, with its path. */
function entriesOf(at: string, { volumes = [], ...rest }: PodSpec): [string, object][] {
  const inside = (list: string, containers: readonly Container[] = []): [string, object][] =>
    containers.flatMap(({ env = [], volumeMounts = [] }, index) => [
      ...env.map((each, i): [string, object] => [`${at}.${list}[${index}].env[${i}]`, each]),
      ...volumeMounts.map((each, i): [string, object] => [
        `${at}.${list}[${index}].volumeMounts[${i}]`,
        each,
      ]),
    ]);
  return [
    ...volumes.map((each, i): [string, object] => [`${at}.volumes[${i}]`, each]),
    ...inside('containers', rest.containers),
    ...inside('initContainers', rest.initContainers),
  ];
}

test('whatever meets in a list, the field named is the one that its entry comes from', () => {
  fc.assert(
    fc.property(spec, (given) => {
      const fluentPVC = tried(given);
      for (const trial of buildTrials(fluentPVC, 'trials', make.defaults)) {
        if (trial.of === 'PVC') continue;
        const entries =
          trial.of === 'Pod'
            ? entriesOf('spec', trial.object.spec)
            : entriesOf('spec.template.spec', trial.object.spec.template.spec);
        expect(entries.length).toBeGreaterThan(0);
        for (const [path, entry] of entries) {
          const field = fluentPVCField(fluentPVC.spec, trial, path) ?? 'none';
          if (field === 'spec.pvcVolumeName') {
            expect(entry).toMatchObject({ name: 'logs', persistentVolumeClaim: {} });
          } else if (field === 'spec.pvcVolumeMountPath') {
            expect(entry).toEqual({ name: 'logs', mountPath: '/var/log/app' });
          } else {
            expect([path, field, valueAt(fluentPVC, field)]).toEqual([path, field, entry]);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
