import { inUsePlan, type PodSight } from '../../controllers/binding/in-use/in-use-plan.ts';
import type { Binding } from '../../src/api/binding.ts';
import { createdAt, type Stored } from '../../src/api/object.ts';
import type { Plan } from '../../src/core/plan.ts';
import { at, make, NAME, T0 } from './make.ts';

export const fresh = make.binding({
  spec: { pod: { name: '', uid: '' }, pvc: { name: NAME, uid: '' } },
});
export const ready = make.binding({
  status: {
    phase: 'Ready',
    nodeName: 'node-1',
    volumeName: 'pv-1',
    conditions: [
      make.condition('Ready', {
        reason: 'PodAndPVCFound',
        message: `Pod "app-0" uses PVC "${NAME}".`,
      }),
    ],
  },
});
/** Missed since then, and the Lease of its node as it was at that time. */
export const missed = (seconds: number, nodeRenewTime?: string): Stored<Binding> =>
  make.binding({
    status: {
      phase: 'Ready',
      nodeName: 'node-1',
      ...(nodeRenewTime === undefined ? {} : { nodeRenewTime }),
      conditions: [
        make.condition('Ready'),
        make.condition('WriterMayBeAlive', { lastTransitionTime: at(seconds) }),
      ],
    },
  });
export const present = (pod = make.pod(), watched = true): PodSight => ({
  kind: 'present',
  pod,
  watched,
});
export const downNode = {
  kind: 'present',
  name: 'node-1',
  ready: false,
  outOfService: false,
  renewedAt: undefined,
  unnoticedMs: 30_000,
} as const;
export const gone = (change: Partial<PodSight & { kind: 'gone' }> = {}): PodSight => ({
  kind: 'gone',
  last: undefined,
  readAfterMs: 0,
  node: downNode,
  ...change,
});
export const seconds = (count: number): number => T0 + count * 1000;

export function plan(
  pod: PodSight,
  binding = ready,
  now = seconds(100),
  /** `null`: it was not seen. */
  claimUid: string | null = 'claim-uid',
): Plan {
  return inUsePlan({
    now,
    binding,
    admittedAt: createdAt(binding),
    claimUid: claimUid ?? undefined,
    volumeName: claimUid === null ? undefined : 'pv-1',
    pod,
  });
}
