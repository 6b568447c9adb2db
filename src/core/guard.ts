import { annotations } from '../api/names.ts';
import type { KubeObject } from '../api/object.ts';
import { anyOf, literal } from './cel.ts';
import { APP_NAME, INSTANCE_LABEL, NAME_LABEL } from './registration.ts';

/**
 * A rule of admission that the API server holds by itself, whether we run or not. From each, a
 * ValidatingAdmissionPolicy and its binding are made ({@link policyObjects}).
 */
export interface Guard {
  /** Ends the name of the policy. */
  name: string;
  /** Main resources only: kubelets, schedulers and resizers work by subresources. */
  resource: { group: string; version: string; plural: string };
  operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  /** CEL: is the request of interest? Absent: all are. Decided before anything else, for every object of the kind. */
  concerns?: string;
  /** CEL by name; evaluated only where they are used. */
  variables: Readonly<Record<string, string>>;
  rules: readonly Rule[];
  /** `webhook`: where its failurePolicy lets Pods in without it, this only warns. */
  strength: 'always' | 'webhook';
}

/** What must hold. Only the first one that does not is told. */
export interface Rule {
  /** CEL. */
  holds: string;
  /** CEL: what was denied, of which object, and what to do. */
  message: string;
  /** Forbidden (403): may not be done. Invalid (422): may not be like that. */
  reason: 'Forbidden' | 'Invalid';
}

export interface GuardOptions {
  instance: string;
  /** Usernames of the operator: it may do all that is guarded. */
  accounts: readonly string[];
  /** Namespaces whose Pods never reach the webhook, by name. */
  exemptNamespaces: readonly string[];
  webhookFailurePolicy: 'Fail' | 'Ignore';
  /** Recognises what a run has registered; absent in manifests. */
  registeredWith?: string;
}

/**
 * In a namespace that is being deleted everything must go. Matching conditions cannot ask for that:
 * there `namespaceObject` is null (seen with 1.36), so each rule does.
 */
const NAMESPACE_GOES =
  'namespaceObject != null && namespaceObject.metadata.?deletionTimestamp.hasValue()';

/** The policy of a guard and the binding that puts it in force. */
export function policyObjects(guard: Guard, options: GuardOptions): KubeObject[] {
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

function policySpec(guard: Guard, { accounts, exemptNamespaces }: GuardOptions): object {
  const { group, version, plural } = guard.resource;
  return {
    failurePolicy: 'Fail',
    matchConstraints: {
      matchPolicy: 'Equivalent',
      namespaceSelector: {
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: exemptNamespaces },
        ],
      },
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
      ...(guard.concerns === undefined
        ? []
        : [{ name: 'is-of-interest', expression: guard.concerns }]),
      {
        name: 'is-not-the-operator',
        expression: `!(request.userInfo.username in ${literal(accounts)})`,
      },
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

function withSpec(
  kind: string,
  metadata: KubeObject['metadata'],
  spec: object,
): KubeObject & { spec: object } {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { ...metadata }, spec };
}
