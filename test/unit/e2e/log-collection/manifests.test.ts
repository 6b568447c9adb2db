import { expect, test } from '@jest/globals';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { load } from 'js-yaml';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FluentPVC } from '../../../../src/api/fluentpvc.ts';
import { validateFluentPVC } from '../../../../src/core/validate.ts';
import { busyboxNames } from '../../../../e2e/cluster/busybox.ts';
import { logCollectionImages } from '../../../../e2e/log-collection/images.ts';
import { manifests } from '../../../../e2e/log-collection/objects.ts';

test('the manifests of examples/log-collection name the images that the embedded cluster gets', () => {
  const text = Object.values(manifests).map((file) => readFileSync(file, 'utf8'));
  const named = new Set(text.flatMap((each) => each.match(/(?<=image: )\S+/g) ?? []));
  const known = [...busyboxNames, ...logCollectionImages];
  expect([...named].filter((image) => !known.includes(image))).toEqual([]);
  expect([...named]).toEqual(expect.arrayContaining([...logCollectionImages]));
});

const variants = globSync(join(dirname(manifests.fluentPVC), 'variants/*.yaml'));
test.each(variants.map((file) => [basename(file), file]))(
  'the variant %s is a FluentPVC of its own, with the same finalizer Job',
  (_, file) => {
    const example = load(readFileSync(manifests.fluentPVC, 'utf8')) as FluentPVC;
    const patch = load(readFileSync(file, 'utf8')) as Operation[];
    const patched = fastJsonPatch.applyPatch(example, patch, true, false).newDocument;
    expect(validateFluentPVC(patched)).toEqual({ problems: [], warnings: [] });
    const { pvcFinalizerJobSpecTemplate, pvcVolumeMountPath } = patched.spec;
    expect(pvcFinalizerJobSpecTemplate).toEqual(example.spec.pvcFinalizerJobSpecTemplate);
    expect(patched.metadata.name).not.toBe(example.metadata.name);
    // A buffer on the volume would be content that nobody ships.
    const text = readFileSync(file, 'utf8');
    expect(text.match(new RegExp(`${pvcVolumeMountPath}\\S*`, 'g'))).toEqual([
      `${pvcVolumeMountPath}/*.log*`,
    ]);
  },
);

test('there are variants', () => {
  expect(variants).toHaveLength(2);
});
