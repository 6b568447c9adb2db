import { describe, expect, test } from '@jest/globals';
import { validateFluentPVC } from '../../../src/core/validate.ts';
import { app, injected, injection, mount } from '../../support/injection.ts';
import { make } from '../../support/make.ts';

describe('a path that the file system takes for ours', () => {
  const same = ['/logs/', '//logs', '/./logs', '/x/../logs', 'logs', '/logs/.'];
  test.each(same)('is taken where the Pod mounts something else at %s', (mountPath) => {
    const container = { ...app, volumeMounts: [{ name: 'mine', mountPath }] };
    expect(injected({ containers: [container] }, injection()).outcome).toBe('mountPathTaken');
  });
  test.each(['/logs2', '/logs/below', '/'])('is not %s', (mountPath) => {
    const container = { ...app, volumeMounts: [{ ...mount, name: 'mine', mountPath }] };
    expect(injected({ containers: [container] }, injection()).outcome).toBe('patch');
  });
});

describe('a FluentPVC is denied', () => {
  const { spec } = make.fluentPVC();
  const problems = (change: object): string[] =>
    validateFluentPVC(make.fluentPVC({ spec: { ...spec, ...change } })).problems.map(
      ({ field, message }) => `${field}: ${message}`,
    );
  const own = `${spec.pvcVolumeMountPath}/.`;
  test('that mounts something common over its claim', () => {
    const commonVolumeMounts = [{ name: 'x', mountPath: own }];
    expect(problems({ commonVolumeMounts })).toEqual([
      expect.stringMatching(/^spec\.commonVolumeMounts\[0\]\.mountPath: volume "x" is mounted at/),
    ]);
  });
  test('that mounts two common volumes at one path', () => {
    const commonVolumeMounts = [
      { name: 'x', mountPath: '/c' },
      { name: 'y', mountPath: '/c/' },
    ];
    expect(problems({ commonVolumeMounts })).toEqual([
      expect.stringMatching(/^spec\.commonVolumeMounts\[1\]\.mountPath: .*volume "x"/),
    ]);
  });
  test('that mounts something common at a path with a colon, as Windows has them', () => {
    const commonVolumeMounts = [
      { name: 'x', mountPath: '/x' },
      { name: 'y', mountPath: 'C:\\logs' },
    ];
    expect(problems({ commonVolumeMounts })).toEqual([
      `spec.commonVolumeMounts[1].mountPath: volume "y" is mounted at C:\\logs: must not contain ':'`,
    ]);
  });
  test('whose drainer looks for the claim elsewhere: it would find nothing, and succeed', () => {
    const volumeMounts = [{ name: spec.pvcVolumeName, mountPath: '/elsewhere' }];
    const container = make.container('drain', { volumeMounts });
    const pvcFinalizerJobSpecTemplate = {
      template: { spec: { restartPolicy: 'Never' as const, containers: [container] } },
    };
    expect(problems({ pvcFinalizerJobSpecTemplate })).toEqual([
      expect.stringMatching(/containers\[0\]\.volumeMounts: .*"drain".* at \/elsewhere; it is/),
    ]);
    const right = [{ name: spec.pvcVolumeName, mountPath: own }];
    expect(
      problems({
        pvcFinalizerJobSpecTemplate: {
          template: {
            spec: {
              restartPolicy: 'Never' as const,
              containers: [{ ...container, volumeMounts: right }],
            },
          },
        },
      }),
    ).toEqual([]);
  });
  test('whose Job and common parts no binding could hold', () => {
    const commonEnvs = [{ name: 'LONG', value: 'x'.repeat(65_536) }];
    expect(problems({ commonEnvs })).toEqual([
      expect.stringMatching(/^spec: .* \d+ bytes .* 65536 are allowed/),
    ]);
  });
});
