import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
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
