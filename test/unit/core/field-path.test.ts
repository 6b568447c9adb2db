import { describe, expect, test } from '@jest/globals';
import { fieldPath, pointerSteps, type Steps } from '../../../src/core/field-path.ts';

describe('a path is written', () => {
  const cases: Record<string, Steps> = {
    spec: ['spec'],
    'spec.containers[0].image': ['spec', 'containers', 0, 'image'],
    'metadata.labels[example.com/team]': ['metadata', 'labels', 'example.com/team'],
    'spec.limits[]': ['spec', 'limits', ''],
    'spec.resources.limits.ephemeral-storage': ['spec', 'resources', 'limits', 'ephemeral-storage'],
    '[1][2]': [1, 2],
    '': [],
  };
  test.each(Object.entries(cases))('%s', (path, steps) => {
    expect(fieldPath(steps)).toBe(path);
  });
});

test('a JSON pointer is taken apart, escapes included', () => {
  expect(pointerSteps('/spec/containers/0/a~1b~0c')).toEqual(['spec', 'containers', 0, 'a/b~c']);
  expect(pointerSteps('')).toEqual([]);
});
