import { describe, expect, test } from '@jest/globals';
import { annotations, finalizers, labels } from '../../../src/api/names.ts';
import { guards, type GuardOptions } from '../../../src/core/guards.ts';

interface Policy {
  kind: 'ValidatingAdmissionPolicy';
  metadata: { name: string; labels: object; annotations?: object };
  spec: {
    failurePolicy: string;
    matchConstraints: {
      namespaceSelector: object;
      objectSelector?: object;
      resourceRules: { apiGroups: string[]; operations: string[]; resources: string[] }[];
    };
    matchConditions: { name: string; expression: string }[];
    variables: { name: string; expression: string }[];
    validations: { expression: string; messageExpression: string; reason: string }[];
  };
}
interface PolicyBinding {
  kind: 'ValidatingAdmissionPolicyBinding';
  metadata: { name: string; labels: object; annotations?: object };
  spec: { policyName: string; validationActions: string[] };
}

/** What the expressions mean is tested where they are evaluated: test/api/guards*.test.ts. */
function build(options: Partial<GuardOptions> = {}): {
  policies: Policy[];
  bindings: PolicyBinding[];
} {
  const objects = guards({
    instance: 'mine',
    accounts: ['system:serviceaccount:ops:webhook', 'system:serviceaccount:ops:controllers'],
    exemptNamespaces: ['kube-system', 'ops'],
    webhookFailurePolicy: 'Fail',
    ...options,
  }) as unknown as (Policy | PolicyBinding)[];
  return {
    policies: objects.filter((object) => object.kind === 'ValidatingAdmissionPolicy'),
    bindings: objects.filter((object) => object.kind === 'ValidatingAdmissionPolicyBinding'),
  };
}

const { policies, bindings } = build();
/** How the condition of a guard begins that does not look at the operator. */
const OTHERS = /^\(!\(request\.userInfo\.username in (\[[^\]]*\])\)\) && /;

describe('the guards', () => {
  test('are four policies of the instance, each with a binding of the same name', () => {
    const names = ['mine-bindings', 'mine-claims', 'mine-pod-marks', 'mine-pods'];
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(bindings.map(({ spec }) => spec.policyName)).toEqual(names);
    expect(bindings.map(({ metadata }) => metadata)).toEqual(
      policies.map(({ metadata }) => metadata),
    );
    for (const { metadata } of policies) {
      expect(metadata.labels).toEqual({
        'app.kubernetes.io/name': 'fluent-pvc-operator',
        'app.kubernetes.io/instance': 'mine',
      });
      expect(metadata).not.toHaveProperty('annotations');
    }
  });

  test('say by which run they were registered, where it is a run', () => {
    const run = build({ registeredWith: 'hash' });
    for (const { metadata } of [...run.policies, ...run.bindings]) {
      expect(metadata.annotations).toEqual({ [annotations.registeredWith]: 'hash' });
    }
  });

  test.each([
    ['mine-bindings', 'fluentpvcbindings', ['CREATE', 'UPDATE', 'DELETE']],
    ['mine-claims', 'persistentvolumeclaims', ['CREATE', 'UPDATE', 'DELETE']],
    ['mine-pod-marks', 'pods', ['UPDATE']],
    ['mine-pods', 'pods', ['CREATE']],
  ])('%s looks at %s and at none of their subresources', (name, resource, operations) => {
    const policy = policies.find(({ metadata }) => metadata.name === name);
    expect(policy?.spec.matchConstraints.resourceRules).toMatchObject([
      { resources: [resource], operations },
    ]);
  });

  test('fail closed, and leave the exempt namespaces alone', () => {
    for (const { spec } of policies) {
      expect(spec.failurePolicy).toBe('Fail');
      expect(spec.matchConstraints.namespaceSelector).toEqual({
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'ops'] },
        ],
      });
    }
  });

  test('match nothing without a trace of ours, and nothing that breaks no rule', () => {
    const conditions = policies.map(({ spec }) => spec.matchConditions.map(({ name }) => name));
    expect(conditions).toEqual(Array.from({ length: 4 }, () => ['is-of-interest']));
    for (const { spec } of policies) {
      const inlined = (cel: string): string =>
        cel.replace(/variables\.(\w+)/g, (_, wanted: string) => {
          const found = spec.variables.find(({ name }) => name === wanted);
          return `(${inlined(found?.expression ?? '')})`;
        });
      const rules = spec.validations.map(({ expression }) => {
        const [, holds = ''] =
          /^\(variables\.namespaceGoes\) \|\| \((.*)\)$/s.exec(expression) ?? [];
        return `(!(${inlined(holds)}))`;
      });
      const expression = spec.matchConditions[0]?.expression ?? '';
      expect(expression.endsWith(`(${rules.join(' || ')})`)).toBe(true);
      // There are no variables there, and `namespaceObject` is null.
      expect(expression).not.toMatch(/variables|namespaceObject/);
    }
  });

  test('leave the operator alone, but for Pods that are created: it makes none', () => {
    const free = policies.filter(({ spec }) =>
      spec.matchConditions.some(({ expression }) => OTHERS.test(expression)),
    );
    expect(free.map(({ metadata }) => metadata.name)).toEqual([
      'mine-bindings',
      'mine-claims',
      'mine-pod-marks',
    ]);
  });

  test('leave a namespace that is being deleted alone, in each rule', () => {
    for (const { spec } of policies) {
      for (const { expression } of spec.validations) {
        expect(expression).toMatch(/^\(variables\.namespaceGoes\) \|\| \(/);
      }
    }
  });

  test('deny orders as Forbidden and unfinished Pods as Invalid', () => {
    const reasons = policies.map(({ spec }) => [...new Set(spec.validations.map((v) => v.reason))]);
    expect(reasons).toEqual([['Forbidden'], ['Forbidden'], ['Forbidden'], ['Invalid']]);
  });

  test('are narrowed besides what they always ask, but for that of bindings', () => {
    const skip = { key: 'skip', operator: 'DoesNotExist' };
    const narrowed = {
      namespaceSelector: { matchLabels: { logs: 'yes' }, matchExpressions: [skip] },
      objectSelector: { matchExpressions: [skip] },
      matchConditions: [{ name: 'a', expression: 'true' }],
    };
    const [ofBindings, ...others] = build({ failurePolicy: 'Ignore', narrowed }).policies;
    // Bindings are orders to the operator.
    expect(ofBindings).toEqual(policies[0]);
    expect(others).toHaveLength(3);
    for (const [index, { spec }] of others.entries()) {
      expect(spec.failurePolicy).toBe('Ignore');
      expect(spec.matchConstraints).toMatchObject({
        namespaceSelector: {
          matchLabels: { logs: 'yes' },
          matchExpressions: [{ operator: 'NotIn', values: ['kube-system', 'ops'] }, skip],
        },
        objectSelector: narrowed.objectSelector,
      });
      const own = policies[index + 1]?.spec.matchConditions ?? [];
      expect(spec.matchConditions).toEqual([...own, ...narrowed.matchConditions]);
    }
    for (const { spec } of policies) {
      expect(spec.matchConstraints).not.toHaveProperty('objectSelector');
    }
  });

  test('only warn of unfinished Pods where the webhook may be left out', () => {
    const actions = (options: Partial<GuardOptions>): string[][] =>
      build(options).bindings.map(({ spec }) => spec.validationActions);
    expect(actions({ webhookFailurePolicy: 'Fail' })).toEqual([
      ['Deny'],
      ['Deny'],
      ['Deny'],
      ['Deny'],
    ]);
    expect(actions({ webhookFailurePolicy: 'Ignore' })).toEqual([
      ['Deny'],
      ['Deny'],
      ['Deny'],
      ['Warn', 'Audit'],
    ]);
  });
});

describe('the accounts of the operator', () => {
  test.each([
    [['a'], '["a"]'],
    [['a', 'b'], '["a","b"]'],
    [['say "no" \\ in'], String.raw`["say \"no\" \\ in"]`],
    [['{{ .Release.Name }}'], '["{{ .Release.Name }}"]'],
  ])('%j stand in the policies as %s', (accounts, literal) => {
    const found = build({ accounts }).policies.map(
      ({ spec }) => OTHERS.exec(spec.matchConditions[0]?.expression ?? '')?.[1],
    );
    expect(found).toEqual([literal, literal, literal, undefined]);
  });
});

describe('every name of ours that a guard is about stands in its expressions', () => {
  test.each([
    [0, [annotations.admissionId, annotations.release]],
    [
      1,
      [finalizers.claim, labels.fluentPVC, labels.binding, labels.state, annotations.admissionId],
    ],
    [2, [labels.fluentPVC, labels.binding, labels.finalizerJobOf, annotations.injected]],
    [3, [labels.fluentPVC, labels.binding, annotations.injected]],
  ])('policy %i: %j', (index, names) => {
    const { variables = [], validations = [] } = policies[index]?.spec ?? {};
    const text = [...variables, ...validations].map(({ expression }) => expression).join('\n');
    for (const name of names) expect(text).toContain(`"${name}"`);
  });

  test('and each variable that is used is defined before', () => {
    for (const { spec } of policies) {
      const defined = new Set<string>();
      for (const { name, expression } of [...spec.variables, ...spec.validations.map(asVariable)]) {
        for (const [, used = ''] of expression.matchAll(/variables\.(\w+)/g)) {
          expect([...defined]).toContain(used);
        }
        defined.add(name);
      }
    }
  });

  function asVariable(rule: { expression: string; messageExpression: string }): {
    name: string;
    expression: string;
  } {
    return { name: '', expression: rule.expression + rule.messageExpression };
  }
});
