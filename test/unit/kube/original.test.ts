import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../src/api/object.ts';
import type { Lease } from '../../../src/kube/lease.ts';
import { createOriginalWatch, NO_ORIGINAL, ORIGINAL_LEASE } from '../../../src/kube/original.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { memoryApi, refusal, type MemoryApi } from '../../support/memory-api.ts';
import { memoryLog, type MemoryLog } from '../../support/memory-log.ts';

const webhook = { name: 'pod-mutation-webhook.fluent-pvc-operator.tech.zozo.com' };
const configuration = (change: object = {}): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'fluent-pvc-operator-mutating-webhook-configuration' },
  ...{ webhooks: [webhook] },
  ...change,
});
const lease = (spec: Lease['spec'] = {}, name = ORIGINAL_LEASE): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace: 'fluent-pvc-operator-system', name, uid: 'lease-uid' },
  spec: {
    holderIdentity: 'manager-0',
    leaseDurationSeconds: 15,
    renewTime: '2025-12-31T23:59:58Z',
    ...spec,
  },
});

interface Waiting {
  api: MemoryApi;
  clock: FakeClock;
  log: MemoryLog;
  gone: () => boolean;
  again: () => Promise<boolean>;
  stop: AbortController;
  active: () => string | undefined;
  answers: () => number;
}
async function waiting(...objects: KubeObject[]): Promise<Waiting> {
  const api = memoryApi(...objects);
  const clock = new FakeClock();
  const log = memoryLog();
  const stop = new AbortController();
  let answers = 0;
  const onAnswer = (): void => {
    answers += 1;
  };
  const { gone: wait, active } = createOriginalWatch({ client: api, clock, log, onAnswer });
  let gone = false;
  void wait(stop.signal).then(() => {
    gone = true;
  });
  await settle();
  const again = async (): Promise<boolean> => {
    let known = false;
    void wait(stop.signal).then(() => {
      known = true;
    });
    await settle();
    return known;
  };
  return { api, clock, log, gone: () => gone, again, stop, active, answers: () => answers };
}

describe('who leads does not wait', () => {
  const cases: Record<string, KubeObject[]> = {
    'where the original never was': [],
    'for webhook configurations of ours, whose webhooks are called the same': [
      configuration({
        metadata: { name: 'x', labels: { 'app.kubernetes.io/name': 'fluent-pvc-operator' } },
      }),
    ],
    'for webhook configurations of others': [
      configuration({ webhooks: [{ name: 'webhook.cert-manager.io' }] }),
      configuration({ webhooks: undefined, metadata: { name: 'empty' } }),
    ],
    'for a Lease that nobody holds': [lease({ holderIdentity: '' })],
    'for a Lease that was renewed hours ago': [lease({ renewTime: '2025-12-31T22:00:00Z' })],
    'for another Lease': [lease({}, 'another')],
  };
  test.each(Object.entries(cases))('%s', async (_, objects) => {
    const { gone, log } = await waiting(...objects);
    expect([gone(), log.lines]).toEqual([true, []]);
  });
});

describe('who leads waits', () => {
  test('while the webhook configuration of the original is there, and says so once', async () => {
    const { api, clock, log, gone, active, answers } = await waiting(configuration());
    await clock.advance(60_000);
    expect(gone()).toBe(false);
    expect(active()).toContain('is active in the cluster (MutatingWebhookConfiguration');
    expect(answers()).toBe(13);
    expect(log.at('warn')).toEqual([
      expect.stringContaining(
        'MutatingWebhookConfiguration "fluent-pvc-operator-mutating-webhook-configuration"',
      ),
    ]);
    const { name, uid = '' } =
      api.find('MutatingWebhookConfiguration', configuration().metadata.name ?? '')?.metadata ?? {};
    await api.delete(
      { kind: 'MutatingWebhookConfiguration', name: name ?? '' },
      { uid, propagation: 'Background' },
    );
    await clock.advance(5_000);
    expect([gone(), active()]).toEqual([true, undefined]);
    expect(log.at('info')).toEqual(['the original operator is gone']);
  });

  test('while its Lease is renewed, and until it was not for its duration', async () => {
    const { api, clock, log, gone } = await waiting(lease());
    for (let round = 0; round < 6; round += 1) {
      await clock.advance(2_000);
      api.put(lease({ renewTime: `2026-01-01T00:00:0${round}Z` }));
    }
    await clock.advance(10_000);
    expect(gone()).toBe(false);
    expect(log.at('warn')).toEqual([
      expect.stringContaining(
        `Lease "fluent-pvc-operator-system/${ORIGINAL_LEASE}" is renewed by "manager-0"`,
      ),
    ]);
    await clock.advance(15_000);
    expect(gone()).toBe(true);
  });

  test('until a Lease that was renewed lately is unchanged for its duration, and says nothing', async () => {
    const { clock, log, gone } = await waiting(lease());
    await clock.advance(14_000);
    expect(gone()).toBe(false);
    await clock.advance(4_000);
    expect([gone(), log.lines]).toEqual([true, []]);
  });

  test('while nobody lets it look, and says why once', async () => {
    const { api, clock, log, gone, answers } = await waiting(configuration());
    api.refuse = () => refusal(403, 'Forbidden');
    log.lines.length = 0;
    await clock.advance(20_000);
    expect(log.at('warn')).toEqual([
      expect.stringMatching(/^does not lead: cannot look whether the original .*Forbidden/),
    ]);
    expect([gone(), answers()]).toEqual([false, 1]);
  });
});

test('a Lease that it has seen to be over need not be watched again', async () => {
  const { clock, again } = await waiting(lease());
  await clock.advance(18_000);
  expect(await again()).toBe(true);
});

test('who is stopped stops waiting', async () => {
  const { clock, gone, stop } = await waiting(configuration());
  stop.abort();
  await settle();
  expect([gone(), clock.pending]).toEqual([true, 0]);
});

test('who goes on beside it does not wait, and is ready', async () => {
  await NO_ORIGINAL.gone(new AbortController().signal);
  expect(NO_ORIGINAL.active()).toBeUndefined();
});
