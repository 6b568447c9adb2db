import { expect } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';

/** Where something stands in what the chart renders. */
export interface Place {
  kind: string;
  /** How the names of the objects end; each of them is looked at. */
  name: string;
  /** As `toHaveProperty` takes it. */
  path: string | string[];
  /** What stands there, where that is not the value itself. */
  as?: unknown;
}

/** In the objects of that kind whose names have that end: `Service -webhook`; without one, in all of them. */
export function at(objects: string, path: Place['path'], as?: unknown): Place {
  const [kind = '', name = ''] = objects.split(' ');
  return { kind, name, path, ...(as === undefined ? {} : { as }) };
}

/** Fails where the value is not there. */
export function expectAt(rendered: readonly KubeObject[], place: Place, value: unknown): void {
  const { kind, name, path, as = value } = place;
  const found = rendered.filter((one) => one.kind === kind && one.metadata.name?.endsWith(name));
  expect({ kind, name, found: found.length }).not.toMatchObject({ found: 0 });
  for (const object of found) expect(object).toHaveProperty(path, as);
}

const WEBHOOK = 'Deployment -webhook';
const CONTROLLERS = 'Deployment -controllers';
const CONTAINER = 'spec.containers[0]';

/** Of the Pods of both Deployments. */
export const inDeployments = (path: string, as?: unknown): Place[] =>
  [WEBHOOK, CONTROLLERS].map((one) => at(one, `spec.template.${path}`, as));

/** Of the Pods of the checks that Helm runs. */
export const inChecks = (path: string, as?: unknown): Place[] => [
  at('Job -check-uninstall', `spec.template.${path}`, as),
  at('Pod -check-install', path, as),
];

/** Of all Pods. */
export const inPods = (path: string, as?: unknown): Place[] => [
  ...inDeployments(path, as),
  ...inChecks(path, as),
];

/** Of the containers of all Pods. */
export const inContainers = (field: string, as?: unknown): Place[] =>
  inPods(`${CONTAINER}.${field}`, as);

/** Of the container of the checks, and of the webhook, which takes no more than they do. */
export const inSmallContainers = (field: string, as?: unknown): Place[] => [
  at(WEBHOOK, `spec.template.${CONTAINER}.${field}`, as),
  ...inChecks(`${CONTAINER}.${field}`, as),
];

/** Of the container of the controllers. */
export const inControllers = (field: string, as?: unknown): Place =>
  at(CONTROLLERS, `spec.template.${CONTAINER}.${field}`, as);

/** A flag of a process; of both, where none is named. */
export const flag = (text: string, only?: 'webhook' | 'controllers'): Place[] =>
  inDeployments(`${CONTAINER}.args`, expect.arrayContaining([text])).filter(
    ({ name }) => only === undefined || name === `-${only}`,
  );

/** A port of a container; of both, where none is named. */
export const listens = (containerPort: number, only?: 'webhook' | 'controllers'): Place[] => {
  const ports = expect.arrayContaining([expect.objectContaining({ containerPort })]);
  return inDeployments(`${CONTAINER}.ports`, ports).filter(
    ({ name }) => only === undefined || name === `-${only}`,
  );
};

/** Of the webhook in both of its configurations. */
export const inConfigurations = (field: string): Place[] => [
  at('MutatingWebhookConfiguration', `webhooks[0].${field}`),
  at('ValidatingWebhookConfiguration', `webhooks[0].${field}`),
];

/** Of the NetworkPolicies of all Pods. */
export const inPolicies = (path: string, as: unknown): Place[] =>
  ['-webhook', '-controllers', '-checks'].map((name) => at(`NetworkPolicy ${name}`, path, as));

/** Of the guards that values narrow. */
export const inGuards = (path: string, as?: unknown): Place[] =>
  ['-claims', '-pod-marks', '-pods'].map((name) =>
    at(`ValidatingAdmissionPolicy ${name}`, `spec.${path}`, as),
  );
