import { describe, expect, test } from '@jest/globals';
import { classVerdict, isDefaultClass, type ClassSight } from '../../../src/core/storage-class.ts';

const field = 'spec.pvcSpecTemplate.storageClassName';

describe('a class', () => {
  const cases: Record<string, { sight: ClassSight; problems?: string[]; warnings?: RegExp[] }> = {
    'that nobody asks for passes': { sight: { kind: 'none' } },
    'that exists passes': { sight: { kind: 'named', name: 'fast', exists: true } },
    "that does not exist is denied with the original's words": {
      sight: { kind: 'named', name: 'fast', exists: false },
      problems: [
        "StorageClass not found with FluentPVC.Spec.PVCSpecTemplate.StorageClassName: 'fast'",
      ],
    },
    'that is the default passes': { sight: { kind: 'default', exists: true } },
    'that would be the default is missed': {
      sight: { kind: 'default', exists: false },
      warnings: [/storageClassName is absent and the cluster has no default/],
    },
    'that could not be looked up is a warning': {
      sight: { kind: 'unknown', why: 'forbidden' },
      warnings: [/storageClassName could not be looked up: forbidden/],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { sight, problems = [], warnings = [] }) => {
    expect(classVerdict(sight)).toEqual({
      problems: problems.map((message) => ({ field, message })),
      warnings: warnings.map((pattern) => expect.stringMatching(pattern) as unknown),
    });
  });
});

describe('the default class is the one with', () => {
  const cases: [string, Record<string, string> | undefined, boolean][] = [
    ['the annotation', { 'storageclass.kubernetes.io/is-default-class': 'true' }, true],
    ['its beta', { 'storageclass.beta.kubernetes.io/is-default-class': 'true' }, true],
    ['true in it', { 'storageclass.kubernetes.io/is-default-class': 'false' }, false],
    ['any annotation', undefined, false],
  ];
  test.each(cases)('%s', (_, annotations, is) => {
    const metadata = { name: 'a', ...(annotations === undefined ? {} : { annotations }) };
    const object = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata };
    expect(isDefaultClass(object)).toBe(is);
  });
});
