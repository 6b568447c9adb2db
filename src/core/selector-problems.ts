import type { LabelRequirement, LabelSelector } from '../api/label-selector.ts';
import {
  isLabelValue,
  isQualifiedName,
  LABEL_VALUE_FORM,
  QUALIFIED_NAME_FORM,
} from '../api/qualified-name.ts';
import type { Problem } from './verdict.ts';

/**
 * What is wrong with a label selector that has the shape of one, as the API server says it of its own
 * (apimachinery, pkg/apis/meta/v1/validation): one that is wrong selects nobody, or everybody, without
 * a word.
 *
 * @param field where the selector stands
 */
export function selectorProblems(field: string, selector: LabelSelector): Problem[] {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return [
    ...Object.entries(matchLabels).flatMap(([key, value]) => {
      const at = `${field}.matchLabels[${key}]`;
      return [...keyProblems(at, key), ...valueProblems(at, value)];
    }),
    ...matchExpressions.flatMap((requirement, index) =>
      requirementProblems(`${field}.matchExpressions[${index}]`, requirement),
    ),
  ];
}

function requirementProblems(
  field: string,
  { key, operator, values = [] }: LabelRequirement,
): Problem[] {
  const needsValues = operator === 'In' || operator === 'NotIn';
  return [
    ...keyProblems(`${field}.key`, key),
    ...(needsValues && values.length === 0
      ? [{ field: `${field}.values`, message: `must have a value: the operator is ${operator}` }]
      : []),
    ...(!needsValues && values.length > 0
      ? [{ field: `${field}.values`, message: `must be absent: the operator is ${operator}` }]
      : []),
    ...values.flatMap((value, index) => valueProblems(`${field}.values[${index}]`, value)),
  ];
}

function keyProblems(field: string, key: string): Problem[] {
  if (isQualifiedName(key)) return [];
  return [{ field, message: `"${key}" is no key of a label: it must be ${QUALIFIED_NAME_FORM}` }];
}

function valueProblems(field: string, value: string): Problem[] {
  if (isLabelValue(value)) return [];
  return [{ field, message: `"${value}" is no value of a label: it must be ${LABEL_VALUE_FORM}` }];
}
