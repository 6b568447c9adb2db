import type { KubeObject } from './object.ts';
import type { PodTemplate } from './pod.ts';

/** See `kubectl explain job`. */
export interface Job extends KubeObject {
  apiVersion: 'batch/v1';
  kind: 'Job';
  spec: JobSpec;
  status?: JobStatus;
}

export interface JobSpec {
  template: PodTemplate;
  completions?: number;
  parallelism?: number;
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  suspend?: boolean;
  manualSelector?: boolean;
  managedBy?: string;
  selector?: object;
  ttlSecondsAfterFinished?: number;
  podFailurePolicy?: object;
  podReplacementPolicy?: string;
}

export interface JobStatus {
  startTime?: string;
  completionTime?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** What the Job controller says of the Job's end; `undefined` while it has not said anything. */
export function jobOutcome(
  job: Job,
): { succeeded: boolean; reason: string; message: string } | undefined {
  for (const condition of job.status?.conditions ?? []) {
    if (condition.status !== 'True') continue;
    const message = [condition.reason, condition.message].filter(Boolean).join(': ');
    const said = { reason: condition.reason ?? '', message };
    if (condition.type === 'Complete') return { succeeded: true, ...said };
    if (condition.type === 'Failed') return { succeeded: false, ...said };
  }
  return undefined;
}
