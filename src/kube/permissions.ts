import { GROUP } from '../api/names.ts';
import { resources, type Kind } from '../api/resources.ts';
import { ORIGINAL_LEASE } from './original.ts';

/**
 * Every call that this program makes in a cluster where Helm has installed it: the one list that the
 * chart's Roles and docs/permissions.md are made from. A call that is not here is answered with
 * Forbidden; test/api/chart.cycle.long.test.ts runs the program with exactly these rights.
 *
 * `--register` needs more: it is for people, and their kubeconfig.
 */
export interface Permission extends Scope {
  kind: Kind;
  subresource?: Subresource;
  verbs: readonly Verb[];
  why: string;
}

interface Scope {
  process: Process;
  where: Place;
  /** Only the object of that name; {@link INSTANCE}: of the installation's. */
  named?: string;
  /** Only where volumes are rescued, or the webhook makes its certificate itself. */
  only?: Only;
}

/** Commands of the program. The last two run for a moment, when Helm is asked to. */
export type Process = 'webhook' | 'controllers' | 'check-install' | 'check-uninstall';

type Subresource = 'status' | 'eviction';
export type Only = 'rescue' | 'selfManaged';
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/**
 * Where a right holds. `cluster`: for objects of the cluster, and for those of all namespaces, since
 * Pods of any namespace may ask for a volume.
 */
export type Place =
  'cluster' | 'own namespace' | 'validation namespace' | 'kube-node-lease' | 'default';

/** Where a right of that kind may be given for some namespaces only, instead of for the cluster. */
export function mayBeLimited({ where, kind, named }: Permission): boolean {
  return where === 'cluster' && named === undefined && resources[kind].namespaced;
}

/** Stands for the name of the installation, which no object but its own has. */
export const INSTANCE = '(instance)';
/** Where the webhook keeps the certificate that it makes: the same name with this behind it. */
export const CERTIFICATE = `${INSTANCE}-webhook-certificate`;

type Row = [what: Kind | `${Kind}/${Subresource}`, verbs: readonly Verb[], why: string];

const READ_AND_WATCH = ['get', 'list', 'watch'] as const;
const WATCH = ['list', 'watch'] as const;
const TRUST = ['list', 'watch', 'patch'] as const;

const webhook = [
  ...within({ process: 'webhook', where: 'cluster' }, [
    ['FluentPVC', READ_AND_WATCH, 'its cache; one that the cache lacks is read before a denial'],
    ['Namespace', READ_AND_WATCH, 'its cache of names and labels, for `namespaceSelector`'],
    ['StorageClass', READ_AND_WATCH, 'its cache; does the class exist, is there a default one'],
    ['Pod', ['list'], 'does a live Pod carry the binding label that another one arrives with'],
    ['PersistentVolumeClaim', ['create'], 'each admitted Pod gets one'],
    ['PersistentVolumeClaim', ['get', 'patch', 'delete'], 'an admission that failed is undone'],
    ['FluentPVCBinding', ['create'], 'each admitted Pod gets one'],
    ['FluentPVCBinding', ['get', 'patch', 'delete'], 'an admission that failed is undone'],
    ['FluentPVCBinding', ['get'], 'whose is the binding label that a Pod arrives with'],
    ['Event', ['create'], 'tells the owner of a Pod why it was denied'],
  ]),
  // As dry runs only: a policy of the chart keeps the namespace empty.
  ...within({ process: 'webhook', where: 'validation namespace' }, [
    ['PersistentVolumeClaim', ['create'], 'a FluentPVC is tried out'],
    ['Job', ['create'], 'a FluentPVC is tried out'],
    ['Pod', ['create'], 'a FluentPVC is tried out'],
  ]),
  // RBAC does not look at names when something is created: a policy of the chart does.
  ...within({ process: 'webhook', where: 'own namespace', only: 'selfManaged' }, [
    ['Secret', ['create'], 'the certificate, where somebody has deleted it'],
  ]),
  ...within(
    { process: 'webhook', where: 'own namespace', named: CERTIFICATE, only: 'selfManaged' },
    [['Secret', ['get', 'list', 'watch', 'patch'], 'the certificate that all replicas share']],
  ),
  ...within({ process: 'webhook', where: 'cluster', named: INSTANCE, only: 'selfManaged' }, [
    ['MutatingWebhookConfiguration', TRUST, 'the API server is to trust the certificate'],
    ['ValidatingWebhookConfiguration', TRUST, 'the API server is to trust the certificate'],
  ]),
];

const controllers = [
  ...within({ process: 'controllers', where: 'cluster' }, [
    ['FluentPVC', WATCH, 'its cache'],
    ['FluentPVC', ['patch'], 'a finalizer keeps it until its last binding has ended'],
    ['FluentPVCBinding', WATCH, 'its cache'],
    ['FluentPVCBinding', ['get'], 'the snapshot, which the cache drops, is read to build a Job'],
    ['FluentPVCBinding', ['create'], 'a PVC whose binding is lost gets it back'],
    ['FluentPVCBinding', ['patch'], 'the Pod as first seen; the finalizer, at the end'],
    ['FluentPVCBinding', ['delete'], 'it ends with its PVC'],
    // The guards believe it, so nobody else may write it.
    ['FluentPVCBinding/status', ['patch'], 'phase and conditions'],
    ['PersistentVolumeClaim', WATCH, 'its cache: those with the binding label'],
    ['PersistentVolumeClaim', ['get'], 'what the cache lacks may have been made a moment ago'],
    ['PersistentVolumeClaim', ['patch'], 'the finalizer goes when the PVC is released'],
    ['PersistentVolumeClaim', ['delete'], 'a drained PVC is released'],
    ['Pod', WATCH, 'its caches: those with the binding label, and those of finalizer Jobs'],
    ['Pod', ['get'], 'the end of a Pod is read live'],
    ['Pod/eviction', ['create'], 'a Pod whose sidecar failed makes room for another one'],
    ['Pod', ['delete'], 'the same where budgets keep it for too long; what a Job left behind'],
    ['Job', WATCH, 'its cache: finalizer Jobs'],
    ['Job', ['get'], 'no second drainer is made next to one that the cache lacks'],
    ['Job', ['create'], 'drains a PVC'],
    ['Job', ['patch'], 'one of the original operator is labelled'],
    ['Job', ['delete'], 'a failed one gives way to the next attempt; one that is done goes'],
    [
      'Event',
      ['list'],
      'why a Job has no Pod; what is told already where no condition could say it',
    ],
    ['Event', ['create'], 'tells people what happened'],
    ['Namespace', WATCH, 'its cache: which ones are being deleted'],
    ['Namespace', ['get'], 'the same, before something is done about it'],
    ['Node', ['get'], 'does what a vanished Pod left on its node still write'],
    ['MutatingWebhookConfiguration', ['list'], 'does the original operator still admit Pods'],
  ]),
  ...within({ process: 'controllers', where: 'cluster', named: ORIGINAL_LEASE }, [
    ['Lease', ['list'], 'does the original operator still lead, in whichever namespace'],
  ]),
  ...['fluentpvcs', 'fluentpvcbindings'].flatMap((plural) =>
    within({ process: 'controllers', where: 'cluster', named: `${plural}.${GROUP}` }, [
      ['CustomResourceDefinition', ['get'], 'was it the original operator that made it'],
    ]),
  ),
  ...within({ process: 'controllers', where: 'kube-node-lease' }, [
    ['Lease', ['get'], 'since when is the node of a vanished Pod heard of'],
  ]),
  // Where Events go that regard objects of the cluster.
  ...within({ process: 'controllers', where: 'default' }, [
    ['Event', ['create'], 'tells people what happened to a FluentPVC or a Namespace'],
    ['Event', ['list'], 'is a refused rescue told already on its Namespace'],
  ]),
  // RBAC does not look at names when something is created.
  ...within({ process: 'controllers', where: 'own namespace' }, [
    ['Lease', ['create'], 'one replica leads'],
  ]),
  ...within({ process: 'controllers', where: 'own namespace', named: INSTANCE }, [
    ['Lease', ['get', 'update'], 'one replica leads'],
  ]),
  ...within({ process: 'controllers', where: 'cluster', only: 'rescue' }, [
    ['PersistentVolume', ['get', 'patch'], 'the volume is kept, and handed to another PVC'],
    ['PersistentVolumeClaim', ['create'], 'a lost PVC is made anew, to be drained'],
  ]),
];

const checks = [
  // As a dry run only, as above.
  ...within({ process: 'check-install', where: 'validation namespace' }, [
    ['Pod', ['create'], '`helm test`: does a labelled Pod reach the webhook'],
  ]),
  ...within({ process: 'check-install', where: 'own namespace', named: INSTANCE }, [
    ['Lease', ['get'], '`helm test`: do the controllers lead'],
  ]),
  ...within({ process: 'check-uninstall', where: 'cluster' }, [
    ['FluentPVCBinding', ['list'], 'before `helm uninstall`: what is not drained yet'],
    ['PersistentVolumeClaim', ['list'], 'the same, where the binding is lost'],
    ['FluentPVC', ['list'], 'which ones our finalizer keeps'],
  ]),
];

export const permissions: readonly Permission[] = [...webhook, ...controllers, ...checks];

function within(scope: Scope, rows: readonly Row[]): Permission[] {
  return rows.map(([what, verbs, why]) => {
    const [kind, subresource] = what.split('/') as [Kind, Subresource?];
    return { ...scope, kind, ...(subresource === undefined ? {} : { subresource }), verbs, why };
  });
}
