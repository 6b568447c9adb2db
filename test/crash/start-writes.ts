import type { ApiWrite } from './api-write.ts';
import { holder, isFirst, lease, type Resource } from './recognise.ts';

/** A place where the operator writes, and where it may die. */
export interface WritePoint {
  is: (write: ApiWrite) => boolean;
  /** What makes up for a crash there. */
  heals: string;
}

/** What heals a write of a status. */
export const STATUS =
  'The status is made from what is observed: the next leader observes the same, and says it.';

const configurations: readonly Resource[] = [
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
];
const policies: readonly Resource[] = [
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
];

const INTERRUPTED = 'The next start applies all of them again.';

/** Where the operator writes while it starts, leads and stops. */
export const START_WRITES = {
  'the CustomResourceDefinitions are applied': {
    is: ({ verb, resource }) => verb === 'patch' && resource === 'customresourcedefinitions',
    heals: INTERRUPTED,
  },
  'a namespace of our own is made': {
    is: ({ verb, resource }) => verb !== 'delete' && resource === 'namespaces',
    heals: INTERRUPTED,
  },
  'the webhook configurations are applied': {
    is: ({ verb, resource }) => verb === 'patch' && configurations.includes(resource),
    heals: `${INTERRUPTED} Until then labelled Pods are refused, and their owners ask again.`,
  },
  'the guard policies are applied': {
    is: ({ verb, resource }) => verb === 'patch' && policies.includes(resource),
    heals: INTERRUPTED,
  },
  'configurations and policies are taken away': {
    is: ({ verb, resource }) =>
      verb === 'delete' && [...configurations, ...policies].includes(resource),
    heals: 'The next start applies what is gone and replaces what is left.',
  },
  'the Lease of a run that has ended is freed': {
    is: (write) => lease(write) && write.verb === 'patch',
    heals: 'It is free, or it is freed by the next start.',
  },
  'the Lease is taken': {
    is: (write) => lease(write) && write.verb !== 'patch' && holder(write) !== '' && isFirst(write),
    heals:
      'It ends by itself after 10 s; a start on the same machine knows that its holder has ended.',
  },
  'the Lease is renewed': {
    is: (write) =>
      lease(write) && write.verb === 'update' && holder(write) !== '' && !isFirst(write),
    heals:
      'It ends by itself after 10 s; a start on the same machine knows that its holder has ended.',
  },
  'the Lease is let go': {
    is: (write) => lease(write) && write.verb === 'update' && holder(write) === '',
    heals:
      'It ends by itself after 10 s; a start on the same machine knows that its holder has ended.',
  },
} as const satisfies Record<string, WritePoint>;
