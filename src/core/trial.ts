import type { Claim } from '../api/claim.ts';
import type { FluentPVC, OperatorDefaults } from '../api/fluentpvc.ts';
import type { Job } from '../api/job.ts';
import { foreignEntries } from '../api/names.ts';
import type { ObjectMeta, Stored } from '../api/object.ts';
import type { Container, Pod, PodSpec } from '../api/pod.ts';
import { buildClaim, buildInjection, buildSnapshot } from './build.ts';
import { buildFinalizerJob } from './finalizer-job.ts';
import { applyOperations, inject } from './inject.ts';

/** An object that is made of a FluentPVC to hear what the API server says of it. Never stored. */
export type Trial =
  { of: 'PVC'; object: Claim } | { of: 'Job'; object: Job } | { of: 'Pod'; object: Pod };

/** Of objects whose own names nobody will see. */
const NAME = 'fluent-pvc-validation';

/**
 * What the API server is asked for: the claim, the Job and the Pod that this FluentPVC leads to.
 * They carry no label, annotation or finalizer of ours, so that neither our own webhook nor the
 * guards take them for managed ones. Job and Pod are missing where the volume cannot be mounted:
 * `validateFluentPVC` has said so.
 */
export function buildTrials(
  fluentPVC: FluentPVC,
  namespace: string,
  defaults: OperatorDefaults,
): Trial[] {
  const metadata = { name: NAME, uid: '', resourceVersion: '', creationTimestamp: '' };
  const named: Stored<FluentPVC> = { ...fluentPVC, metadata: { ...metadata, name: NAME } };
  const tried = ({ labels, annotations }: ObjectMeta): ObjectMeta => ({
    generateName: `${NAME}-`,
    namespace,
    labels: foreignEntries(labels),
    annotations: foreignEntries(annotations),
  });

  const claim = buildClaim({ name: NAME, namespace, id: NAME }, named);
  const trials: Trial[] = [{ of: 'PVC', object: { ...claim, metadata: tried(claim.metadata) } }];
  const built = buildFinalizerJob(
    { metadata, spec: { fluentPVC: { name: NAME }, pvc: { name: NAME } } },
    buildSnapshot(fluentPVC.spec, { containers: [] }),
  );
  if (built.outcome === 'job') {
    trials.push({ of: 'Job', object: { ...built.job, metadata: tried(built.job.metadata) } });
  }
  const spec = triedPodSpec(fluentPVC, defaults);
  if (spec !== undefined) {
    trials.push({
      of: 'Pod',
      object: { apiVersion: 'v1', kind: 'Pod', metadata: tried({}), spec },
    });
  }
  return trials;
}

function triedPodSpec({ spec }: FluentPVC, defaults: OperatorDefaults): PodSpec | undefined {
  const sidecar = spec.sidecarContainerTemplate;
  const pod: PodSpec = { containers: [app(sidecar.name)] };
  const injected = inject('/spec', pod, {
    ...buildInjection(buildSnapshot(spec, pod), NAME),
    sidecar: { container: sidecar, mode: spec.sidecarMode ?? defaults.sidecarMode, after: [] },
  });
  if (injected.outcome !== 'patch') return undefined;
  return applyOperations({ spec: pod }, injected.operations).spec;
}

/** Stands for any app. Where Pod Security has something to say, it is not about this container. */
function app(sidecarName: string): Container {
  return {
    name: sidecarName === 'app' ? 'main' : 'app',
    image: 'app',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  } as Container;
}
