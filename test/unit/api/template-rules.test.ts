import { describe, expect, test } from '@jest/globals';
import { fluentPVCSchema } from '../../../src/api/fluentpvc-schema.ts';
import type { Schema } from '../../../src/api/schema.ts';
import {
  claimRules,
  jobPodRules,
  jobRules,
  type TemplateRule,
} from '../../../src/api/template-rules.ts';

const spec = fluentPVCSchema.properties?.spec?.properties;
const job = spec?.pvcFinalizerJobSpecTemplate;
const templates: [string, readonly TemplateRule<never>[], Schema | undefined][] = [
  ['claim', claimRules, spec?.pvcSpecTemplate],
  ['Job', jobRules, job],
  ['Pod of the Job', jobPodRules, job?.properties?.template?.properties?.spec],
];

describe.each(templates)('rules of the %s', (_, rules, template) => {
  test.each(rules.map((rule) => [rule.field, rule] as const))(
    '%s stands in the schema at the field itself, where old objects are forgiven',
    (field, { cel, message }) => {
      expect(template?.properties?.[field]?.['x-kubernetes-validations']).toEqual([
        { rule: cel, message },
      ]);
    },
  );
  test('no rule stands at the template, which has fields that the schema does not know', () => {
    expect(template).not.toHaveProperty('x-kubernetes-validations');
    expect(template?.['x-kubernetes-preserve-unknown-fields']).toBe(true);
  });
});
