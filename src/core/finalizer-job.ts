import type { Snapshot } from '../api/binding.ts';
import type { Job, JobSpec } from '../api/job.ts';
import { annotations, API_VERSION, foreignEntries, labels } from '../api/names.ts';
import type { ObjectMeta, StoredMeta } from '../api/object.ts';
import type { PodSpec, PodTemplate } from '../api/pod.ts';
import { buildInjection } from './build.ts';
import { applyOperations, inject, type Injected } from './inject.ts';

/** The Job, or why the template cannot take the volume. */
export type BuiltJob = { outcome: 'job'; job: Job } | Exclude<Injected, { outcome: 'patch' }>;

/**
 * The Job that drains the claim of a binding, from the snapshot that was taken when the Pod was
 * created. Name and namespace are those of the binding, which owns it.
 */
export function buildFinalizerJob(
  binding: {
    metadata: StoredMeta;
    spec: { fluentPVC: { name: string }; pvc: { name: string }; rescue?: { namespace: string } };
  },
  snapshot: Snapshot,
): BuiltJob {
  const { name, namespace, uid } = binding.metadata;
  const template = snapshot.jobSpecTemplate.template;
  const injected = inject('/spec', template.spec, buildInjection(snapshot, binding.spec.pvc.name));
  if (injected.outcome !== 'patch') return injected;
  const { spec } = applyOperations(template, injected.operations);
  const isAway = (binding.spec.rescue?.namespace ?? namespace) !== namespace;
  const admissionId = binding.metadata.annotations?.[annotations.admissionId];
  return {
    outcome: 'job',
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels: {
          [labels.fluentPVC]: binding.spec.fluentPVC.name,
          [labels.finalizerJobOf]: name,
        },
        ...(admissionId === undefined
          ? {}
          : { annotations: { [annotations.admissionId]: admissionId } }),
        ownerReferences: [
          { apiVersion: API_VERSION, kind: 'FluentPVCBinding', name, uid, controller: true },
        ],
      },
      spec: {
        ...trusted(snapshot.jobSpecTemplate),
        template: {
          ...template,
          metadata: podMetadata(template, name),
          spec: {
            ...withDefaults(spec, snapshot.pod),
            // Away from its own namespace a Job gets nothing that it has not brought along.
            ...(isAway ? { automountServiceAccountToken: false } : {}),
          },
        },
      },
    },
  };
}

const IGNORE_DISRUPTIONS = {
  rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
};

/**
 * The template without what would take the outcome from us (the Job would be gone before its
 * success is recorded), and with what keeps a node drain from counting as a failure and two
 * drainers from running at once, where the template is silent and the API allows it.
 */
function trusted(template: JobSpec): JobSpec {
  const { ttlSecondsAfterFinished, ...spec } = template;
  const { podReplacementPolicy = 'Failed' } = spec;
  // The API takes a failure policy only for Pods that are not restarted and with this replacement.
  const takesPolicy =
    spec.template.spec.restartPolicy === 'Never' && podReplacementPolicy === 'Failed';
  return {
    ...spec,
    podReplacementPolicy,
    ...(takesPolicy && spec.podFailurePolicy === undefined
      ? { podFailurePolicy: IGNORE_DISRUPTIONS }
      : {}),
  };
}

/**
 * Without what marks an app's Pod, which a template made from one may carry: the webhook must not see
 * it, the binding not claim it, the guards not refuse it.
 */
function podMetadata({ metadata = {} }: PodTemplate, bindingName: string): ObjectMeta {
  return {
    ...metadata,
    labels: { ...foreignEntries(metadata.labels), [labels.finalizerJobOf]: bindingName },
    ...(metadata.annotations == null ? {} : { annotations: foreignEntries(metadata.annotations) }),
  };
}

/** What the Pod had and the Job needs too: to be admitted to the node, to read what it wrote. */
function withDefaults(spec: PodSpec, pod: Snapshot['pod']): PodSpec {
  const { securityContext, ...others } = pod;
  const groups = { ...securityContext, ...spec.securityContext };
  return {
    ...others,
    ...spec,
    ...(Object.keys(groups).length === 0 ? {} : { securityContext: groups }),
  };
}
