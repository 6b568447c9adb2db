import { describe, expect, test } from '@jest/globals';
import { selects, type LabelSelector } from '../../../src/api/label-selector.ts';

describe('a label selector', () => {
  interface Case {
    selector: LabelSelector;
    labels?: Record<string, string>;
    selects: boolean;
  }
  const team = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]) => ({
    matchExpressions: [{ key: 'team', operator, ...(values === undefined ? {} : { values }) }],
  });
  const red = { team: 'red' };
  const cases: Record<string, Case> = {
    'that is empty selects what has labels': { selector: {}, labels: red, selects: true },
    'that is empty selects what has none': { selector: {}, selects: true },
    'selects by an equal label': { selector: { matchLabels: red }, labels: red, selects: true },
    'does not select another value': {
      selector: { matchLabels: red },
      labels: { team: 'blue' },
      selects: false,
    },
    'does not select what has no labels': { selector: { matchLabels: red }, selects: false },
    'In: one of the values': { selector: team('In', ['red']), labels: red, selects: true },
    'In: none of the values': { selector: team('In', ['blue']), labels: red, selects: false },
    'In: without the label': { selector: team('In', ['red']), selects: false },
    'In: without values': { selector: team('In'), labels: red, selects: false },
    'NotIn: one of the values': { selector: team('NotIn', ['red']), labels: red, selects: false },
    'NotIn: none of the values': { selector: team('NotIn', ['blue']), labels: red, selects: true },
    'NotIn: without the label': { selector: team('NotIn', ['red']), selects: true },
    'Exists: there': { selector: team('Exists'), labels: red, selects: true },
    'Exists: not there': { selector: team('Exists'), labels: {}, selects: false },
    'DoesNotExist: there': { selector: team('DoesNotExist'), labels: red, selects: false },
    'DoesNotExist: not there': { selector: team('DoesNotExist'), labels: {}, selects: true },
    'asks for all at once': {
      selector: { matchLabels: red, ...team('NotIn', ['red']) },
      labels: red,
      selects: false,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { selector, labels, selects: expected }) => {
    expect(selects(selector, labels)).toBe(expected);
  });
});
