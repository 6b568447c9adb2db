import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { valuesTable, valuesYaml } from '../../hack/values.ts';

const schema = {
  properties: {
    global: {},
    name: { description: 'A name', default: '' },
    webhook: {
      description: 'Answers',
      properties: {
        replicas: { description: 'How many', default: 2 },
        resources: { description: 'Of its container', default: { limits: { memory: '1Gi' } } },
      },
    },
  },
};

describe('values.yaml', () => {
  test('has each default below its description', () => {
    expect(valuesYaml(schema)).toBe(
      [
        '# A name',
        "name: ''",
        '',
        '# Answers',
        'webhook:',
        '  # How many',
        '  replicas: 2',
        '  # Of its container',
        '  resources:',
        '    limits:',
        '      memory: 1Gi',
        '',
      ].join('\n'),
    );
  });

  test('has long descriptions in several lines', () => {
    const description = 'word '.repeat(60).trim();
    const yaml = valuesYaml({ properties: { a: { description, default: [] } } });
    const comments = yaml.split('\n').filter((line) => line.startsWith('# '));
    expect(comments.map((line) => line.slice(2)).join(' ')).toBe(description);
    expect(Math.max(...comments.map(({ length }) => length))).toBeLessThanOrEqual(110);
    expect(load(yaml)).toEqual({ a: [] });
  });
});

test('the table has a row a value', () => {
  expect(valuesTable(schema)).toBe(
    [
      '| value | default | |',
      '|---|---|---|',
      '| `name` | `""` | A name |',
      '| `webhook.replicas` | `2` | How many |',
      '| `webhook.resources` | `{"limits":{"memory":"1Gi"}}` | Of its container |',
      '',
    ].join('\n'),
  );
});
