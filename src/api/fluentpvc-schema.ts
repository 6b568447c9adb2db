import { admissionRules } from './admission-rules-schema.ts';
import { finalizationSchema } from './finalization-schema.ts';
import { POD_DELETION_TRIGGERS, SIDECAR_MODES } from './fluentpvc.ts';
import {
  conditionsSchema,
  container,
  labelSelector,
  namedList,
  template,
  type Schema,
} from './schema.ts';
import { claimRules, jobPodRules, jobRules, ruled } from './template-rules.ts';

/** Fields of the JobSpec that rules speak of: its end must mean that all is shipped. */
const jobFields: Record<string, Schema> = {
  completions: {
    type: 'integer',
    format: 'int32',
    nullable: true,
    description: 'How many Pods must succeed. Not 0.',
  },
  parallelism: {
    type: 'integer',
    format: 'int32',
    nullable: true,
    description: 'How many Pods drain at once. Not 0; more than 1 share one volume.',
  },
  suspend: { type: 'boolean', nullable: true, description: 'Not true.' },
  manualSelector: { type: 'boolean', nullable: true, description: 'Not true.' },
  selector: { ...labelSelector('Must be absent: the Job makes its own.'), nullable: true },
  managedBy: {
    type: 'string',
    nullable: true,
    description: "Must be absent: the outcome is the Job controller's to say.",
  },
};

/** What `kubectl explain fluentpvc.spec` shows, and what the API server checks by itself. */
const spec: Schema = {
  type: 'object',
  description: 'What each Pod that names this FluentPVC gets. Nothing in it is immutable.',
  required: [
    'pvcSpecTemplate',
    'pvcVolumeName',
    'pvcVolumeMountPath',
    'pvcFinalizerJobSpecTemplate',
    'sidecarContainerTemplate',
  ],
  properties: {
    pvcSpecTemplate: template(
      'PersistentVolumeClaimSpec of the claim that each Pod gets (kubectl explain pvc.spec). ' +
        'Without storageClassName the default class of the cluster is used. Fields that this ' +
        'version does not know are passed on untouched.',
      {
        properties: {
          accessModes: ruled(claimRules, 'accessModes', {
            type: 'array',
            description: 'At least one mode that allows a writer.',
            minItems: 1,
            maxItems: 8,
            'x-kubernetes-list-type': 'atomic',
            items: { type: 'string', maxLength: 64, description: 'See kubectl explain pvc.spec.' },
          }),
          volumeMode: {
            type: 'string',
            enum: ['Filesystem'],
            description: 'Only Filesystem: a block device cannot be shared with a sidecar.',
          },
          storageClassName: {
            type: 'string',
            nullable: true,
            description:
              'A StorageClass that exists; empty for volumes that are made by hand. The default ' +
              'class of the cluster when absent.',
          },
          volumeName: ruled(claimRules, 'volumeName', {
            type: 'string',
            nullable: true,
            description: 'Must be absent: each Pod gets a volume of its own.',
          }),
        },
        required: ['accessModes'],
      },
    ),
    pvcVolumeName: {
      type: 'string',
      minLength: 1,
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      description:
        'Name of the volume in Pods and finalizer Jobs; a volume of that name in the Pod is replaced. ' +
        'A DNS label.',
    },
    pvcVolumeMountPath: {
      type: 'string',
      minLength: 1,
      maxLength: 4096,
      pattern: '^[^:]*$',
      description: "Where the volume is mounted in every injected container. Must not contain ':'.",
    },
    pvcFinalizerJobSpecTemplate: template(
      'JobSpec of the Job that drains the claim once the Pod is over (kubectl explain job.spec). ' +
        'Volume, mounts and envs are injected into it as into the Pod. It must exit 0 only when ' +
        'nothing is left to ship: the claim is deleted then. ttlSecondsAfterFinished is ignored.',
      {
        properties: {
          ...Object.fromEntries(
            Object.entries(jobFields).map(([name, schema]) => [
              name,
              ruled(jobRules, name, schema),
            ]),
          ),
          template: template('PodTemplateSpec (kubectl explain job.spec.template).', {
            properties: {
              spec: template('PodSpec (kubectl explain job.spec.template.spec).', {
                properties: {
                  containers: {
                    type: 'array',
                    description: 'At least one container, which drains the claim.',
                    minItems: 1,
                    'x-kubernetes-list-type': 'atomic',
                    items: container('Container (kubectl explain pod.spec.containers).'),
                  },
                  restartPolicy: ruled(jobPodRules, 'restartPolicy', {
                    type: 'string',
                    nullable: true,
                    description:
                      'Never or OnFailure. OnFailure loses the logs and exit codes of failed drains.',
                  }),
                },
                required: ['containers'],
              }),
            },
            required: ['spec'],
          }),
        },
        required: ['template'],
      },
    ),
    sidecarContainerTemplate: container(
      'Container that ships the data (kubectl explain pod.spec.containers). A container of that ' +
        'name in the Pod is replaced.',
    ),
    commonEnvs: namedList(
      'Environment variables for sidecar, containers of the Pod and finalizer Job. One of the same ' +
        'name is replaced.',
      'EnvVar (kubectl explain pod.spec.containers.env).',
    ),
    commonVolumes: namedList(
      'Volumes for the Pod and the finalizer Job. One of the same name is replaced.',
      'Volume (kubectl explain pod.spec.volumes).',
    ),
    commonVolumeMounts: namedList(
      'Mounts for sidecar, containers of the Pod and finalizer Job. Mounts of the same volume are ' +
        'replaced.',
      'VolumeMount (kubectl explain pod.spec.containers.volumeMounts).',
    ),
    deletePodIfSidecarContainerTerminationDetected: {
      type: 'boolean',
      description:
        'Whether a Pod is deleted because of its sidecar (see podDeletionTrigger), so that its ' +
        'owner replaces it. True when absent.',
    },
    podDeletionTrigger: {
      type: 'string',
      enum: POD_DELETION_TRIGGERS,
      description:
        'What of the sidecar deletes the Pod. SidecarFailure: it fails while the app still runs. ' +
        'SidecarTermination: any end of it while the app still runs, as the original operator did. ' +
        "The operator's default when absent.",
    },
    sidecarMode: {
      type: 'string',
      enum: SIDECAR_MODES,
      description:
        'Native: an init container with restartPolicy Always, which starts before the app, ends ' +
        'after it and lets Jobs complete. Regular: a container like any other, as the original ' +
        "operator did. The operator's default when absent.",
    },
    ...admissionRules,
    finalization: finalizationSchema('What becomes of a claim when its Pod is over.'),
  },
};

/** The whole object, as the CustomResourceDefinition has it. */
export const fluentPVCSchema: Schema = {
  type: 'object',
  description:
    'A FluentPVC gives every Pod labelled fluent-pvc-operator.tech.zozo.com/fluent-pvc-name: NAME a ' +
    'claim of its own and a sidecar, and drains the claim by a Job before it is released.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', description: 'Version of this schema.' },
    kind: { type: 'string', description: 'FluentPVC.' },
    metadata: { type: 'object' },
    spec,
    status: {
      type: 'object',
      description: 'What the operator says of it.',
      properties: { conditions: conditionsSchema },
    },
  },
};
