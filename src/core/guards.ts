import { annotations } from '../api/names.ts';
import type { KubeObject } from '../api/object.ts';
import { allOf, anyOf, literal } from './cel.ts';
import { bindingGuard } from './guard-binding.ts';
import { claimGuard } from './guard-claim.ts';
import { podGuard, podMarkGuard } from './guard-pod.ts';
import type { Guard } from './guard.ts';
import { both, notIn, type Narrowing } from './narrowing.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL, type FailurePolicy } from './registration.ts';

const GUARDS: readonly Guard[] = [bindingGuard, claimGuard, podMarkGuard, podGuard];

export interface GuardOptions {
  instance: string;
  /** Usernames of the operator: guards that bind `others` do not look at them. */
  accounts: readonly string[];
  /** Namespaces whose Pods never reach the webhook, by name. */
  exemptNamespaces: readonly string[];
  webhookFailurePolicy: FailurePolicy;
  /** Of a request that breaks a rule, where a condition of `narrowed` cannot be evaluated; default Fail. */
  failurePolicy?: FailurePolicy;
  /** What else a request must have to be looked at by those. Nothing denies one that is left out. */
  narrowed?: Narrowing;
  /** Recognises what a run has registered; absent in manifests. */
  registeredWith?: string;
}

/**
 * In a namespace that is being deleted everything must go. Matching conditions cannot ask for that:
 * there `namespaceObject` is null (seen with 1.36), so each rule does.
 */
const NAMESPACE_GOES =
  'namespaceObject != null && namespaceObject.metadata.?deletionTimestamp.hasValue()';

/** All guards of an installation: policies and the bindings that put them in force (docs/guards.md). */
export function guards(options: GuardOptions): KubeObject[] {
  return GUARDS.flatMap((guard) => policyObjects(guard, options));
}

function policyObjects(guard: Guard, options: GuardOptions): KubeObject[] {
  const { instance, registeredWith } = options;
  const metadata = {
    name: `${instance}-${guard.name}`,
    labels: { [NAME_LABEL]: APP_NAME, [INSTANCE_LABEL]: instance },
    ...(registeredWith === undefined
      ? {}
      : { annotations: { [annotations.registeredWith]: registeredWith } }),
  };
  return [
    withSpec('ValidatingAdmissionPolicy', metadata, policySpec(guard, options)),
    withSpec('ValidatingAdmissionPolicyBinding', metadata, {
      policyName: metadata.name,
      validationActions:
        guard.strength === 'webhook' && options.webhookFailurePolicy === 'Ignore'
          ? ['Warn', 'Audit']
          : ['Deny'],
    }),
  ];
}

function policySpec(guard: Guard, options: GuardOptions): object {
  const { accounts, exemptNamespaces } = options;
  const { failurePolicy = 'Fail', narrowed = {} } = guard.narrowable ? options : {};
  const { namespaceSelector, objectSelector, matchConditions = [] } = narrowed;
  const { group, version, plural } = guard.resource;
  return {
    failurePolicy,
    matchConstraints: {
      matchPolicy: 'Equivalent',
      namespaceSelector: both(notIn(exemptNamespaces), namespaceSelector),
      ...(objectSelector === undefined ? {} : { objectSelector }),
      resourceRules: [
        {
          apiGroups: [group],
          apiVersions: [version],
          operations: guard.operations,
          resources: [plural],
          scope: 'Namespaced',
        },
      ],
    },
    matchConditions: [
      { name: 'is-of-interest', expression: isOfInterest(guard, accounts) },
      ...matchConditions,
    ],
    variables: [
      { name: 'namespaceGoes', expression: NAMESPACE_GOES },
      ...Object.entries(guard.variables).map(([name, expression]) => ({ name, expression })),
    ],
    validations: guard.rules.map(({ holds, message, reason }) => ({
      expression: anyOf('variables.namespaceGoes', holds),
      messageExpression: message,
      reason,
    })),
  };
}

/**
 * CEL: does it concern the guard, and break a rule? To match it the API server converts the object once, and
 * three times more where it matches, for rules, messages and audit annotations (seen with 1.36): of a Pod
 * that takes longer than all rules do. So what breaks none does not match. One expression, for of several
 * all are evaluated, whatever the first one says; conditions know no variables.
 */
function isOfInterest(guard: Guard, accounts: readonly string[]): string {
  const { concerns, rules, variables } = guard;
  return allOf(
    ...(guard.binds === 'everybody'
      ? []
      : [`!(request.userInfo.username in ${literal(accounts)})`]),
    ...(concerns === undefined ? [] : [concerns]),
    anyOf(...rules.map(({ holds }) => `!(${inlined(holds, variables)})`)),
  );
}

function inlined(expression: string, variables: Guard['variables']): string {
  return expression.replaceAll(/\bvariables\.(\w+)/g, (_, name: string) => {
    const variable = variables[name];
    if (variable === undefined) throw new Error(`there is no variable ${name}`);
    return `(${inlined(variable, variables)})`;
  });
}

function withSpec(
  kind: string,
  metadata: KubeObject['metadata'],
  spec: object,
): KubeObject & { spec: object } {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { ...metadata }, spec };
}
