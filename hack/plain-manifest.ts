import { CHART, type Helm } from '../e2e/helm.ts';

/** Where it installs to, and under which name: what Helm would be told. */
export const NAMESPACE = 'fluent-pvc-operator';
const INSTANCE = 'fluent-pvc-operator';

const header = (podSecurity: string): string => `\
# Made from charts/fluent-pvc-operator by \`npm run manifest\`. Do not edit: make it anew, with values.
#
#   kubectl apply -f FILE
#
# Not with kubectl delete -f: that takes the CustomResourceDefinitions along, and every FluentPVC and
# binding with them. docs/uninstall.md says how it goes.
---
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    app.kubernetes.io/name: fluent-pvc-operator
    app.kubernetes.io/instance: ${INSTANCE}
    pod-security.kubernetes.io/enforce: ${podSecurity}
`;

/**
 * The chart as one file for `kubectl apply -f`: with its namespace, and without what only Helm runs.
 *
 * @param values as Helm takes them: `--set=...`, `--values=FILE`
 */
export async function plainManifest(helm: Helm, values: readonly string[]): Promise<string> {
  const rendered = await helm(
    'template',
    INSTANCE,
    CHART,
    `--namespace=${NAMESPACE}`,
    // Which one it is makes no difference to what is rendered.
    '--kube-version=1.32.0',
    '--no-hooks',
    ...values,
  );
  const podSecurity = rendered.includes('hostNetwork: true') ? 'privileged' : 'restricted';
  return header(podSecurity) + rendered;
}
