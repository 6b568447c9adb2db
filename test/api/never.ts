import { GROUP } from '../../src/api/names.ts';
import type { Place, Process } from '../../src/kube/permissions.ts';
import { RELEASE } from './installation.ts';

/* What the accounts of the program may not do: with rights like these a taken one would be dangerous. */

/** Verbs on a resource as RBAC names it, anywhere or in one place. */
export type Deed = [verbs: string, what: string, where?: Place];

/** Of each process. */
const NOBODY: Deed[] = [
  ['get list watch create update patch delete', 'secrets'],
  ['get list create', 'secrets', 'own namespace'],
  ['get create', 'configmaps', 'own namespace'],
  ['create update patch deletecollection', 'pods'],
  ['create', 'pods', 'own namespace'],
  ['create', 'pods/exec'],
  ['create', 'pods/ephemeralcontainers'],
  ['patch update', 'pods/status'],
  ['create update delete deletecollection', `fluentpvcs.${GROUP}`],
  ['update deletecollection', `fluentpvcbindings.${GROUP}`],
  ['update deletecollection', 'persistentvolumeclaims'],
  ['patch update', 'persistentvolumeclaims/status'],
  ['update deletecollection', 'jobs.batch'],
  ['create', 'deployments.apps'],
  ['list watch create update delete deletecollection', 'persistentvolumes'],
  ['list watch update patch delete', 'nodes'],
  ['create update patch delete', 'namespaces'],
  ['create', 'serviceaccounts/token', 'own namespace'],
  ['impersonate', 'users'],
  ['impersonate', 'serviceaccounts'],
  ['bind escalate create update patch', 'clusterroles.rbac.authorization.k8s.io'],
  ['create update patch', 'clusterrolebindings.rbac.authorization.k8s.io'],
  ['create', 'rolebindings.rbac.authorization.k8s.io', 'own namespace'],
  ['create patch delete', 'validatingadmissionpolicies.admissionregistration.k8s.io'],
  ['create patch delete', 'validatingadmissionpolicybindings.admissionregistration.k8s.io'],
  ['create patch delete', 'mutatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create patch delete', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create patch delete', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['get update', 'leases.coordination.k8s.io:other', 'own namespace'],
  ['list patch delete', 'leases.coordination.k8s.io', 'own namespace'],
  ['create update patch delete', 'leases.coordination.k8s.io', 'kube-node-lease'],
];

/** The two that run for a moment look, and write nothing that stays. */
const CHECKS: Deed[] = [
  ...NOBODY,
  ['get watch patch', `fluentpvcs.${GROUP}`],
  ['get watch create patch delete', `fluentpvcbindings.${GROUP}`],
  ['patch update', `fluentpvcbindings.${GROUP}/status`],
  ['get watch create patch delete', 'persistentvolumeclaims'],
  ['get list watch create patch delete', 'jobs.batch'],
  ['get list watch delete', 'pods'],
  ['create', 'pods/eviction'],
  ['get list watch', 'namespaces'],
  ['get', 'nodes'],
  ['get patch', 'persistentvolumes'],
  ['create', 'events.events.k8s.io'],
  ['create update patch delete', 'leases.coordination.k8s.io', 'own namespace'],
  ['update patch delete', `leases.coordination.k8s.io:${RELEASE}`, 'own namespace'],
];
const CERTIFICATE = `secrets:${RELEASE}-webhook-certificate`;

/** By process: what nobody may, and what is the other's. */
export const NEVER: readonly [Process, readonly Deed[]][] = [
  [
    'webhook',
    [
      ...NOBODY,
      ['get patch', 'secrets:another', 'own namespace'],
      ['update delete', CERTIFICATE, 'own namespace'],
      ['list watch patch', 'mutatingwebhookconfigurations.admissionregistration.k8s.io:another'],
      ['list watch patch', 'validatingwebhookconfigurations.admissionregistration.k8s.io:another'],
      [
        'create update delete',
        `mutatingwebhookconfigurations.admissionregistration.k8s.io:${RELEASE}`,
      ],
      [
        'create update delete',
        `validatingwebhookconfigurations.admissionregistration.k8s.io:${RELEASE}`,
      ],
      ['patch', `fluentpvcs.${GROUP}`],
      ['patch update', `fluentpvcbindings.${GROUP}/status`],
      ['create patch delete', 'jobs.batch'],
      ['get delete', 'pods'],
      ['create', 'pods/eviction'],
      ['get', 'nodes'],
      ['create get update', 'leases.coordination.k8s.io', 'own namespace'],
    ],
  ],
  [
    'controllers',
    [
      ...NOBODY,
      ['get list watch patch', CERTIFICATE, 'own namespace'],
      ['get list', 'storageclasses.storage.k8s.io'],
      ['patch update', `fluentpvcs.${GROUP}/status`],
      ['get list watch update patch', 'leases.coordination.k8s.io'],
      ['list watch', 'customresourcedefinitions.apiextensions.k8s.io'],
    ],
  ],
  [
    'check-install',
    [
      ...CHECKS,
      ['get list watch update patch delete', 'pods', 'validation namespace'],
      ['create', 'pods/exec', 'validation namespace'],
      ['create', 'persistentvolumeclaims', 'validation namespace'],
      ['create', 'jobs.batch', 'validation namespace'],
      ['list', `fluentpvcs.${GROUP}`],
      ['list', `fluentpvcbindings.${GROUP}`],
      ['list', 'persistentvolumeclaims'],
    ],
  ],
  [
    'check-uninstall',
    [...CHECKS, ['get list', `leases.coordination.k8s.io:${RELEASE}`, 'own namespace']],
  ],
];

/** What is in NEVER, and the process may all the same: it makes its certificate itself. */
export const EXCEPT: Partial<Record<Process, Deed[]>> = {
  webhook: [['create', 'secrets', 'own namespace']],
};
