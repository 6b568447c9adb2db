import type { FluentPVC, OperatorDefaults } from '../src/api/fluentpvc.ts';
import { isDefaultClass, type ClassSight } from '../src/core/storage-class.ts';
import { buildTrials, type Trial } from '../src/core/trial.ts';
import type { Refusal, TrialResult } from '../src/core/trial-verdict.ts';
import { ApiError, ApiUnreachable } from '../src/kube/api-error.ts';
import type { KubeClient } from '../src/kube/client.ts';
import type { WebhookCaches } from './caches.ts';

/** What only the API server knows of a FluentPVC. */
export interface FluentPVCObservation {
  storageClass: ClassSight;
  trials: readonly TrialResult[];
}

/** How the API server is asked. */
export interface Asking {
  client: Pick<KubeClient, 'get' | 'list' | 'create'>;
  caches: { storageClasses: Pick<WebhookCaches['storageClasses'], 'get' | 'values'> };
  /** Where the trials are created, as dry runs. */
  validationNamespace: string;
  defaults: OperatorDefaults;
}

/** Asks for the storage class and tries claim, Job and Pod, all at once. Nothing is stored. */
export async function observe(
  asking: Asking,
  fluentPVC: FluentPVC,
  signal: AbortSignal,
): Promise<FluentPVCObservation> {
  const { client, validationNamespace, defaults } = asking;
  const [storageClass, ...trials] = await Promise.all([
    classSight(asking, fluentPVC.spec.pvcSpecTemplate.storageClassName, signal),
    ...buildTrials(fluentPVC, validationNamespace, defaults).map((trial) =>
      tryOut(client, trial, signal),
    ),
  ]);
  return { storageClass, trials };
}

/** What the cache lacks may have been made a moment ago: it is read live before anything is said. */
async function classSight(
  { client, caches: { storageClasses } }: Asking,
  name: string | null | undefined,
  signal: AbortSignal,
): Promise<ClassSight> {
  if (name === '') return { kind: 'none' };
  try {
    if (name == null) {
      if ([...storageClasses.values()].some(isDefaultClass))
        return { kind: 'default', exists: true };
      const { items } = await client.list('StorageClass', {}, { signal });
      return { kind: 'default', exists: items.some(isDefaultClass) };
    }
    if (storageClasses.get(name) !== undefined) return { kind: 'named', name, exists: true };
    const found = await client.get({ kind: 'StorageClass', name }, { signal });
    return { kind: 'named', name, exists: found !== undefined };
  } catch (error) {
    const refusal = refusalOf(error);
    return { kind: 'unknown', why: refusal.kind === 'refused' ? refusal.message : 'no answer' };
  }
}

async function tryOut(
  client: Asking['client'],
  trial: Trial,
  signal: AbortSignal,
): Promise<TrialResult> {
  const warnings: string[] = [];
  const onWarning = (text: string): void => {
    warnings.push(text);
  };
  try {
    await client.create(trial.object, { dryRun: true, signal, onWarning });
    return { trial, warnings };
  } catch (error) {
    return { trial, warnings, refusal: refusalOf(error) };
  }
}

/** @throws what is no answer of the API: a fault of this program */
function refusalOf(error: unknown): Refusal {
  if (error instanceof ApiUnreachable) return { kind: 'unanswered' };
  if (!(error instanceof ApiError)) throw error;
  const { code, status } = error;
  const { message = error.message, details = {} } = status;
  return { kind: 'refused', code, message, details };
}
