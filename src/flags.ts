import { POD_DELETION_TRIGGERS, SIDECAR_MODES } from './api/fluentpvc.ts';
import { LOG_LEVELS } from './log.ts';

/** A flag of the command line. */
export interface Flag {
  name: string;
  /** What stands in the help for its value; absent for a switch. */
  value?: string;
  default?: string;
  /** Another environment variable that is read where flag and own variable are absent. */
  fallback?: string;
  help: string;
}

/** Each flag is also read from the environment: `--webhook-port` from FLUENT_PVC_WEBHOOK_PORT. */
export const FLAGS: readonly Flag[] = [
  {
    name: 'kubeconfig',
    value: 'FILE',
    help: 'cluster and credentials; without it KUBECONFIG, ~/.kube/config or the service account of the Pod',
  },
  {
    name: 'namespace',
    value: 'NAME',
    default: 'kube-system',
    fallback: 'POD_NAMESPACE',
    help: 'where the Lease of the controllers is; its Pods are never injected',
  },
  {
    name: 'instance',
    value: 'NAME',
    default: 'fluent-pvc-operator',
    help: 'name of this installation: of its Lease, webhook configurations and policies',
  },
  {
    name: 'bind-address',
    value: 'ADDRESS',
    default: '0.0.0.0',
    help: 'where the servers listen',
  },
  { name: 'webhook-port', value: 'PORT', default: '9443', help: 'TLS port of the webhook' },
  {
    name: 'metrics-port',
    value: 'PORT',
    default: '8080',
    help: 'port of /metrics, /livez and /readyz; 0 takes any free one',
  },
  {
    name: 'cert-dir',
    value: 'DIR',
    help: 'folder with tls.crt, tls.key and ca.crt, read again when they change; without it a certificate is made at the start',
  },
  {
    name: 'cert-secret',
    value: 'NAME',
    help: 'Secret in --namespace where all replicas keep a certificate that they make, for --webhook-host, and renew',
  },
  {
    name: 'drain-time',
    value: 'DURATION',
    default: '0s',
    help: 'how long the webhook still answers when it is asked to stop, while API servers turn to other replicas',
  },
  {
    name: 'register',
    help: 'apply CustomResourceDefinitions, webhook configurations and guard policies; the latter two go at the end',
  },
  {
    name: 'webhook-host',
    value: 'HOST',
    help: 'with --register or --cert-secret: host or address by which the API server reaches us; with --register it may be left out: the address from which we reach the API server',
  },
  {
    name: 'force',
    help: 'with --register: go on although another installation is active in the cluster',
  },
  {
    name: 'namespaces',
    value: 'NAMES',
    help: 'work for these namespaces only, with commas between them, and for the one where volumes are rescued; without it for all',
  },
  {
    name: 'validation-namespace',
    value: 'NAME',
    default: 'fluent-pvc-validation',
    help: 'where PVC, Job and Pod of a FluentPVC are tried out as dry runs; empty, and made with --register',
  },
  {
    name: 'rescue-namespace',
    value: 'NAME',
    default: 'fluent-pvc-rescue',
    help: 'where volumes are drained whose namespace is deleted; made with --register',
  },
  {
    name: 'disable-rescue',
    help: 'leave PersistentVolumes alone: what is on a volume whose namespace is deleted is given up',
  },
  {
    name: 'sidecar-mode',
    value: SIDECAR_MODES.join('|'),
    default: 'Native',
    help: 'sidecarMode of a FluentPVC that is silent',
  },
  {
    name: 'pod-deletion-trigger',
    value: POD_DELETION_TRIGGERS.join('|'),
    default: 'SidecarFailure',
    help: 'podDeletionTrigger of a FluentPVC that is silent',
  },
  {
    name: 'eviction-timeout',
    value: 'DURATION',
    default: '5m',
    help: 'how long disruption budgets may keep a Pod that is not Ready and whose sidecar failed',
  },
  {
    name: 'concurrency',
    value: 'N',
    default: '8',
    help: 'reconciles of one controller at the same time',
  },
  {
    name: 'crds-go',
    help: 'with check-uninstall: the CustomResourceDefinitions go as well, and every FluentPVC with them',
  },
  { name: 'log-level', value: LOG_LEVELS.join('|'), default: 'info', help: 'what is logged' },
  { name: 'help', help: 'print this and exit' },
  { name: 'version', help: 'print the version and exit' },
];

/** Where the environment has the value of a flag. */
export function environmentName(flag: string): string {
  return `FLUENT_PVC_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** What `--help` prints. */
export function help(): string {
  const rows = FLAGS.map((flag): [string, string] => {
    const value = flag.value === undefined ? '' : ` ${flag.value}`;
    const silent = flag.default === undefined ? '' : ` (${flag.default})`;
    return [`--${flag.name}${value}`, `${flag.help}${silent}`];
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    'fluent-pvc-operator COMMAND [FLAG ...]',
    '',
    '  webhook      answers admissions; every replica serves',
    '  controllers  follow the bindings; one replica leads, the others stand by',
    '  all          both in one process, for small clusters',
    '',
    '  check-install    says whether an installation works, and changes nothing',
    '  check-uninstall  says what nobody would drain any more, and changes nothing',
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Each flag is read from the environment too: --webhook-port from FLUENT_PVC_WEBHOOK_PORT.',
    '',
  ].join('\n');
}
