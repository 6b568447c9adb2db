import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JobSpec } from '../../../src/api/job.ts';
import { buildInjection, buildSnapshot } from '../../../src/core/build.ts';
import { buildFinalizerJob } from '../../../src/core/finalizer-job.ts';
import { inject } from '../../../src/core/inject.ts';
import { validateFluentPVC } from '../../../src/core/validate.ts';
import { make } from '../../support/make.ts';
import '../../support/one-realm.ts';

// A template engine leaves a null where a list has no entries.
const list = (entry: object): fc.Arbitrary<unknown> =>
  fc.constantFrom(undefined, null, [], [entry]);
const container = fc
  .record({
    env: list({ name: 'A', value: '1' }),
    volumeMounts: list({ name: 'tmp', mountPath: '/tmp' }),
  })
  .map((lists) => make.container('a', lists));
const podSpec = fc
  .record({
    container,
    initContainers: fc.oneof(
      list(make.container('wait')),
      container.map((one) => [{ ...one, name: 'wait' }]),
    ),
    volumes: list({ name: 'tmp', emptyDir: {} }),
    tolerations: list({ operator: 'Exists' }),
    imagePullSecrets: list({ name: 'pull' }),
    securityContext: fc.constantFrom(undefined, null, {}, { fsGroup: 1 }),
  })
  .map(({ container: one, ...others }) => ({
    restartPolicy: 'Never',
    containers: [one],
    ...others,
  }));

/** As JSON gives it: without undefined. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('a null where a list belongs is none: nothing is thrown, and Pod and Job can be made', () => {
  fc.assert(
    fc.property(podSpec.map(plain), podSpec.map(plain), container.map(plain), (job, pod, own) => {
      const fluentPVC = make.fluentPVC({
        spec: {
          pvcFinalizerJobSpecTemplate: { template: { spec: job } } as unknown as JobSpec,
          sidecarContainerTemplate: { ...own, name: 'fluentd' },
          commonEnvs: [{ name: 'A', value: '2' }],
        },
      });
      // Where the schema wants a list the API server takes no null, and says so as we do.
      const nulls = [...job.containers, own].some((one) =>
        Object.values(one).some((value) => value === null),
      );
      const fields = validateFluentPVC(fluentPVC).problems.map(({ field }) => field);
      if (!nulls) expect(fields).toEqual([]);
      for (const field of fields) expect(field).toMatch(/\.(env|volumeMounts)$/);
      const spec = pod as unknown as Parameters<typeof buildSnapshot>[1];
      const snapshot = buildSnapshot(fluentPVC.spec, spec);
      const what = buildInjection(snapshot, 'claim');
      expect(inject('/spec', spec, what)).toMatchObject({ outcome: 'patch' });
      expect(buildFinalizerJob(make.binding(), plain(snapshot))).toMatchObject({ outcome: 'job' });
    }),
    { numRuns: 200 },
  );
});
