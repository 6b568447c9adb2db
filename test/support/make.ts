import type { Binding, Snapshot } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import { rfc3339, type Condition } from '../../src/api/condition.ts';
import type { FluentPVC, OperatorDefaults } from '../../src/api/fluentpvc.ts';
import type { Job } from '../../src/api/job.ts';
import { annotations, API_VERSION, finalizers, labels } from '../../src/api/names.ts';
import type { ObjectMeta, Stored, StoredMeta } from '../../src/api/object.ts';
import type { Volume } from '../../src/api/volume.ts';
import type { Container, ContainerState, ContainerStatus, Pod } from '../../src/api/pod.ts';

/** When everything begins, in ms since the epoch. */
export const T0 = Date.parse('2026-01-01T00:00:00Z');

/** The time that many seconds after T0, RFC 3339. */
export function at(seconds: number): string {
  return rfc3339(T0 + seconds * 1000);
}

/** Name of claim, binding and Job of the one admission that the builders' objects come from. */
export const NAME = 'logs-1a2b3c4d-0123456789';
/** Key of the binding. */
export const KEY = `shop/${NAME}`;

interface Parts<T extends { spec: object; status?: object }> {
  metadata?: ObjectMeta;
  spec?: Partial<T['spec']>;
  status?: T['status'];
}

function meta(base: Partial<StoredMeta> & { name: string }, change: ObjectMeta = {}): StoredMeta {
  return {
    uid: `${base.name}-uid`,
    resourceVersion: '500',
    creationTimestamp: at(0),
    ...base,
    ...change,
  };
}

const admission = { [annotations.admissionId]: 'request-uid' };

/** Objects with sensible content; what matters to a test is given, the rest fits together. */
export const make = {
  defaults: { sidecarMode: 'Native', podDeletionTrigger: 'SidecarFailure' } as OperatorDefaults,

  container: (name: string, change: object = {}): Container & { image: string } => ({
    name,
    image: `${name}:1`,
    ...change,
  }),

  /** A Pod as its author wrote it. */
  newPod: (change: Parts<Pod> = {}): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app-0', labels: { [labels.fluentPVC]: 'logs' }, ...change.metadata },
    spec: { containers: [make.container('app')], ...change.spec },
  }),

  /** A Pod that runs with its claim. */
  pod: (change: Parts<Pod> = {}): Stored<Pod> => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(
      {
        name: 'app-0',
        namespace: 'shop',
        uid: 'pod-uid',
        labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
      },
      change.metadata,
    ),
    spec: {
      containers: [make.container('app')],
      nodeName: 'node-1',
      volumes: [{ name: 'logs', persistentVolumeClaim: { claimName: NAME } }],
      ...change.spec,
    },
    status: change.status ?? {
      phase: 'Running',
      containerStatuses: [make.running('app')],
      initContainerStatuses: [make.running('fluentd')],
    },
  }),

  running: (name: string, change: Partial<ContainerStatus> = {}): ContainerStatus => ({
    name,
    restartCount: 0,
    state: { running: { startedAt: at(10) } },
    ...change,
  }),

  terminated: (
    exitCode: number,
    seconds: number,
    change: Partial<NonNullable<ContainerState['terminated']>> = {},
  ): ContainerState => ({
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: at(5),
      finishedAt: at(seconds),
      ...change,
    },
  }),

  /** A Pod that is over: its phase is final and nothing runs. */
  endedPod: (change: Parts<Pod> = {}): Stored<Pod> =>
    make.pod({
      status: {
        phase: 'Succeeded',
        containerStatuses: [{ name: 'app', state: make.terminated(0, 60) }],
      },
      ...change,
    }),

  fluentPVC: (change: Parts<FluentPVC> = {}): Stored<FluentPVC> => ({
    apiVersion: API_VERSION,
    kind: 'FluentPVC',
    metadata: meta({ name: 'logs', uid: 'fluentpvc-uid' }, change.metadata),
    spec: {
      pvcSpecTemplate: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
      pvcVolumeName: 'logs',
      pvcVolumeMountPath: '/var/log/app',
      pvcFinalizerJobSpecTemplate: make.snapshot().jobSpecTemplate,
      sidecarContainerTemplate: make.container('fluentd'),
      ...change.spec,
    },
    ...(change.status === undefined ? {} : { status: change.status }),
  }),

  snapshot: (change: Partial<Snapshot> = {}): Snapshot => ({
    jobSpecTemplate: {
      template: { spec: { restartPolicy: 'Never', containers: [make.container('drain')] } },
    },
    volumeName: 'logs',
    mountPath: '/var/log/app',
    commonEnvs: [],
    commonVolumes: [],
    commonVolumeMounts: [],
    pod: {},
    ...change,
  }),

  condition: (type: string, change: Partial<Condition> = {}): Condition => ({
    type,
    status: 'True',
    reason: 'Test',
    message: 'Because the test says so.',
    lastTransitionTime: at(0),
    ...change,
  }),

  /** A binding whose Pod and claim are known. */
  binding: (change: Parts<Binding> = {}): Stored<Binding> => ({
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: meta(
      {
        name: NAME,
        namespace: 'shop',
        uid: 'binding-uid',
        labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
        annotations: admission,
        finalizers: [finalizers.binding],
      },
      change.metadata,
    ),
    spec: {
      fluentPVC: { name: 'logs', uid: 'fluentpvc-uid' },
      pod: { name: 'app-0', uid: 'pod-uid' },
      pvc: { name: NAME, uid: 'claim-uid' },
      sidecar: { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' },
      ...change.spec,
    },
    ...(change.status === undefined ? {} : { status: change.status }),
  }),

  /** The claim of the binding, bound to its volume. */
  claim: (change: Parts<Claim> = {}): Stored<Claim> => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta(
      {
        name: NAME,
        namespace: 'shop',
        uid: 'claim-uid',
        labels: { [labels.fluentPVC]: 'logs', [labels.binding]: NAME },
        annotations: admission,
        finalizers: [finalizers.claim, finalizers.claimInUse],
      },
      change.metadata,
    ),
    spec: { accessModes: ['ReadWriteOnce'], volumeName: 'pv-1', ...change.spec },
    status: change.status ?? { phase: 'Bound' },
  }),

  /** The same before it has a volume. */
  unboundClaim: (change: Parts<Claim> = {}): Stored<Claim> => {
    const { volumeName, ...spec } = make.claim(change).spec;
    return { ...make.claim({ status: { phase: 'Pending' }, ...change }), spec };
  },

  /** The volume of the claim. */
  volume: (change: Parts<Volume> = {}): Stored<Volume> => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: meta({ name: 'pv-1', uid: 'volume-uid', resourceVersion: '700' }, change.metadata),
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      storageClassName: 'fast',
      volumeMode: 'Filesystem',
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { namespace: 'shop', name: NAME, uid: 'claim-uid' },
      ...change.spec,
    },
    status: change.status ?? { phase: 'Bound' },
  }),

  /** The finalizer Job of the binding. */
  job: (change: Parts<Job> = {}): Stored<Job> => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta(
      {
        name: NAME,
        namespace: 'shop',
        uid: 'job-uid',
        labels: { [labels.finalizerJobOf]: NAME },
        annotations: admission,
        ownerReferences: [
          { apiVersion: API_VERSION, kind: 'FluentPVCBinding', name: NAME, uid: 'binding-uid' },
        ],
      },
      change.metadata,
    ),
    spec: { ...make.snapshot().jobSpecTemplate, ...change.spec },
    ...(change.status === undefined ? {} : { status: change.status }),
  }),
};
