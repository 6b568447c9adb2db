import type { Binding } from '../../src/api/binding.ts';
import type { Claim } from '../../src/api/claim.ts';
import type { Condition } from '../../src/api/condition.ts';
import type { Job } from '../../src/api/job.ts';
import { API_VERSION, finalizers, labels } from '../../src/api/names.ts';
import type { Identity, KubeObject, ObjectMeta, OwnerReference } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';

/*
 * What the original operator (0.0.2) makes, as it makes it: docs/take-over.md says it in words.
 */

/** Of one admission. Claim, binding and Job have one name. */
export interface OriginalAdmission {
  namespace: string;
  name: string;
  fluentPVC: Identity;
  pod: Identity;
  pvc: Identity;
}

/** As `SetControllerReference` writes it. */
function owner(kind: string, { name, uid }: Identity): OwnerReference {
  return { apiVersion: API_VERSION, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** With the finalizer, and nothing else that says whose it is. */
export function originalClaim(
  at: { namespace: string; name: string },
  change: ObjectMeta = {},
): Claim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { ...at, finalizers: [finalizers.claim], ...change },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } },
  };
}

export function originalBinding({ namespace, name, ...spec }: OriginalAdmission): Binding {
  return {
    apiVersion: API_VERSION,
    kind: 'FluentPVCBinding',
    metadata: {
      namespace,
      name,
      finalizers: [finalizers.binding],
      ownerReferences: [owner('FluentPVC', spec.fluentPVC)],
    },
    spec,
  };
}

/** The sidecar comes last among the containers; the label names the binding, no annotation anything. */
export function originalPod(
  { namespace, name, fluentPVC, pod }: OriginalAdmission,
  change: Partial<Pod['spec']> = {},
): Pod {
  const image = 'busybox:stable';
  const volumeMounts = [{ name: 'buffer', mountPath: '/mnt/buffer' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name: pod.name,
      labels: { [labels.fluentPVC]: fluentPVC.name, [labels.binding]: name },
    },
    spec: {
      containers: ['app', 'shipper'].map((container) => ({ name: container, image, volumeMounts })),
      volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: name } }],
      ...change,
    },
  };
}

/** Neither it nor its Pods have a label of the operator's. */
export function originalJob(binding: KubeObject & { metadata: { uid: string } }): Job {
  const { namespace = '', name = '', uid } = binding.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name, ownerReferences: [owner('FluentPVCBinding', { name, uid })] },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'drain',
              ...{ image: 'busybox:stable' },
              volumeMounts: [{ name: 'buffer', mountPath: '/mnt/buffer' }],
            },
          ],
          volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: name } }],
        },
      },
    },
  };
}

/**
 * A condition as the original says it. None is ever taken back but those of a Job that is gone: Ready
 * stays True to the end.
 */
export function originalCondition(
  type: string,
  lastTransitionTime: string,
  reason = `${type}Found`,
): Condition {
  return { type, status: 'True', reason, message: `${type}.`, lastTransitionTime };
}
