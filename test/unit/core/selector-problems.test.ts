import { describe, expect, test } from '@jest/globals';
import type { LabelSelector } from '../../../src/api/label-selector.ts';
import { validateFluentPVC } from '../../../src/core/validate.ts';
import { make } from '../../support/make.ts';

const AT = 'spec.namespaceSelector';
const where = (expression: object): LabelSelector =>
  ({ matchExpressions: [{ key: 'a', operator: 'Exists' }, expression] }) as LabelSelector;
function problems(namespaceSelector: LabelSelector): string[] {
  const fluentPVC = make.fluentPVC({ spec: { namespaceSelector } });
  return validateFluentPVC(fluentPVC).problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('right is a selector', () => {
  const cases: Record<string, LabelSelector> = {
    'that selects all': {},
    'with empty parts': { matchLabels: {}, matchExpressions: [] },
    'of labels': { matchLabels: { team: 'red', 'example.com/tier': '', 'a.b_c-D': 'x.y_z' } },
    'with every operator': {
      matchExpressions: [
        { key: 'example.com/team', operator: 'In', values: ['red', ''] },
        { key: 'team', operator: 'NotIn', values: ['blue'] },
        { key: 'team', operator: 'Exists' },
        { key: 'team', operator: 'DoesNotExist', values: [] },
      ],
    },
  };
  test.each(Object.entries(cases))('%s', (_, selector) => {
    expect(problems(selector)).toEqual([]);
  });
});

describe('denied, with its field, is a selector', () => {
  const second = `${AT}.matchExpressions[1]`;
  const cases: Record<string, { selector: LabelSelector; says: string }> = {
    'In without values': {
      selector: where({ key: 'team', operator: 'In' }),
      says: `${second}.values: must have a value: the operator is In`,
    },
    'NotIn with an empty list': {
      selector: where({ key: 'team', operator: 'NotIn', values: [] }),
      says: `${second}.values: must have a value: the operator is NotIn`,
    },
    'Exists with values': {
      selector: where({ key: 'team', operator: 'Exists', values: ['red'] }),
      says: `${second}.values: must be absent: the operator is Exists`,
    },
    'DoesNotExist with values': {
      selector: where({ key: 'team', operator: 'DoesNotExist', values: ['red'] }),
      says: `${second}.values: must be absent: the operator is DoesNotExist`,
    },
    'with an operator that does not exist': {
      selector: where({ key: 'team', operator: 'Equals', values: ['red'] }),
      says: `${second}.operator: must be one of In, NotIn, Exists, DoesNotExist`,
    },
    'without an operator': {
      selector: where({ key: 'team' }),
      says: `${second}.operator: must have required property 'operator'`,
    },
    'with a key that no label has': {
      selector: where({ key: 'my team', operator: 'Exists' }),
      says: `${second}.key: "my team" is no key of a label: it must be a name of`,
    },
    'with an empty key': {
      selector: where({ key: '', operator: 'Exists' }),
      says: `${second}.key: "" is no key`,
    },
    'with a value that no label has': {
      selector: where({ key: 'team', operator: 'In', values: ['red', 'not red'] }),
      says: `${second}.values[1]: "not red" is no value of a label: it must be empty, or`,
    },
    'of a label whose key no label has': {
      selector: { matchLabels: { '/team': 'red' } },
      says: `${AT}.matchLabels[/team]: "/team" is no key of a label`,
    },
    'of a label with a value that none has': {
      selector: { matchLabels: { 'example.com/team': '-red' } },
      says: `${AT}.matchLabels[example.com/team]: "-red" is no value of a label`,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { selector, says }) => {
    expect(problems(selector)).toEqual([expect.stringContaining(says)]);
  });
  test('with everything that is wrong at once', () => {
    const selector = where({ key: '', operator: 'In' });
    expect(problems({ ...selector, matchLabels: { '': '!' } })).toHaveLength(4);
  });
});
