import { ApiError } from '../../src/kube/api-error.ts';

/** What the eviction API says of a Pod that two PodDisruptionBudgets select. */
export const SEVERAL_BUDGETS =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

/** A disruption budget's no to an eviction, as the API server words it. */
export function budgetRefusal(retryAfterSeconds = 0): ApiError {
  return new ApiError('POST /api/v1/namespaces/shop/pods/app-0/eviction', 429, {
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      retryAfterSeconds,
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget app needs 2 healthy pods and has 2 currently',
        },
      ],
    },
  });
}
