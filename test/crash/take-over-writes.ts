import { valueAt } from './api-write.ts';
import { merged, status, takesOver } from './recognise.ts';
import type { WritePoint } from './start-writes.ts';

const UNLABELLED = 'Every start looks for what has none of our labels, and for bindings that lack';

/** Where the operator makes its own what the original one left (docs/take-over.md). */
export const TAKE_OVER_WRITES = {
  'the FluentPVC says what it has meant': {
    is: (write) => merged('fluentpvcs')(write) && valueAt(write.body, 'spec') !== undefined,
    heals:
      'It says in the same patch that it is settled; until then the next start finds it older than the Lease.',
  },
  'a claim of the original becomes ours': {
    is: (write) => merged('persistentvolumeclaims')(write) && takesOver(write),
    heals: `${UNLABELLED} a sidecar: each object by itself, whatever became of the others.`,
  },
  'a finalizer Job of the original becomes ours': {
    is: (write) => merged('jobs')(write) && takesOver(write),
    heals: 'As for the claim.',
  },
  'the status takes back what the original said': {
    is: status('TakenOver'),
    heals: 'It is doubted again, or says so already; the binding becomes ours only after that.',
  },
  'a binding of the original becomes ours': {
    is: (write) => merged('fluentpvcbindings')(write) && takesOver(write),
    heals: 'As for the claim. Labels, sidecar and snapshot come in one patch.',
  },
} as const satisfies Record<string, WritePoint>;
