import { describe, expect, test } from '@jest/globals';
import { sidecarPlan, sidecarTrouble } from '../../../controllers/sidecar-plan.ts';
import { make } from '../../support/make.ts';

const sidecar = { name: 'fluentd', mode: 'Native', podDeletionTrigger: 'SidecarFailure' } as const;
const lastState = make.terminated(137, 50, { reason: 'OOMKilled' });

describe('the Pod of a sidecar that failed', () => {
  const pod = (ready: boolean) =>
    make.pod({
      status: {
        phase: 'Running',
        initContainerStatuses: [make.running('fluentd', { restartCount: 1, lastState })],
        containerStatuses: [make.running('app')],
        conditions: [
          { type: 'Initialized', status: 'True' },
          { type: 'Ready', status: ready ? 'True' : 'False' },
        ],
      },
    });
  const ref = { kind: 'Pod', namespace: 'shop', name: 'app-0' };
  const cases: Record<string, { ready: boolean; overdue: boolean; verb: 'evict' | 'delete' }> = {
    'is evicted': { ready: true, overdue: false, verb: 'evict' },
    'is evicted when it is not Ready': { ready: false, overdue: false, verb: 'evict' },
    'is evicted as long as it is Ready, however long that takes': {
      ready: true,
      overdue: true,
      verb: 'evict',
    },
    'is deleted when it is not Ready and budgets held it for too long': {
      ready: false,
      overdue: true,
      verb: 'delete',
    },
  };
  test.each(Object.entries(cases))(
    '%s, by uid, and that is told',
    (_, { ready, overdue, verb }) => {
      const one = pod(ready);
      const trouble = sidecarTrouble(one, sidecar) ?? '';
      const plan = sidecarPlan({ pod: one, sidecar, trouble, overdue });
      expect(plan.writes).toEqual([
        verb === 'evict'
          ? { verb, ref, uid: 'pod-uid' }
          : { verb, ref, uid: 'pod-uid', propagation: 'Background' },
        {
          verb: 'event',
          regarding: {
            apiVersion: 'v1',
            kind: 'Pod',
            namespace: 'shop',
            name: 'app-0',
            uid: 'pod-uid',
          },
          type: 'Warning',
          reason: 'SidecarFailed',
          action: verb === 'evict' ? 'Evict' : 'Delete',
          note: expect.stringContaining(
            '"fluentd" ended with exit code 137 (OOMKilled)',
          ) as unknown,
        },
      ]);
    },
  );
});
