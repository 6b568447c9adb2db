import { expect, test } from '@jest/globals';
import { run } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Lease } from '../../src/kube/lease.ts';
import { ORIGINAL_LEASE } from '../../src/kube/original.ts';
import { applyCRDs } from '../../src/kube/registrar.ts';
import { eventually } from '../support/eventually.ts';
import { memoryLog } from '../support/memory-log.ts';
import { shared } from '../support/shared.ts';
import { openApi, type Api } from './harness.ts';
import { originalWebhook } from './original.ts';

/*
 * Controllers in a cluster whose webhooks somebody else registers, as a chart does: they are not
 * refused, they wait.
 */
let api: Api;
const log = memoryLog();
const own = { kind: 'Lease', namespace: 'kube-system', name: 'waiting' } as const;
const leads = async (): Promise<boolean> => {
  const lease = await api.client.get<Lease>(own);
  return (lease?.spec.holderIdentity ?? '') !== '';
};

shared(async (parts) => {
  api = await openApi(parts);
  const stop = new AbortController();
  const base = { client: api.client, clock: systemClock, log, signal: stop.signal };
  await applyCRDs(base);
  await api.client.create(originalWebhook);
  // Operators of other tests would wait for what is left.
  parts.defer(async () => {
    const { namespace, kubectl } = api;
    const { name = '' } = originalWebhook.metadata;
    await kubectl('delete', 'mutatingwebhookconfiguration', name, '--ignore-not-found');
    await kubectl('delete', 'lease', ORIGINAL_LEASE, '-n', namespace, '--ignore-not-found');
  });
  const flags = ['--instance=waiting', '--metrics-port=0', '--bind-address=127.0.0.1'];
  const invocation = readConfig(
    '0.0.0-test',
    ['controllers', `--kubeconfig=${api.kubeconfig}`, ...flags],
    {},
  );
  if (!('config' in invocation)) throw new Error('runs no operator');
  const { config } = invocation;
  const ended = run(config, { clock: systemClock, log, version: '0.0.0-test' }, stop.signal);
  parts.defer(async () => {
    stop.abort();
    await ended;
  });
});

test('nobody leads while the original is active, and who waits does as soon as it is gone', async () => {
  await eventually('it to be said', () => log.at('warn').some((line) => line.includes('webhook')));
  expect(await leads()).toBe(false);
  // Its webhook goes, and its Lease is still renewed.
  const { namespace } = api;
  const lease = (): Lease => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name: ORIGINAL_LEASE },
    spec: {
      holderIdentity: 'manager-0',
      leaseDurationSeconds: 3,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    },
  });
  await api.client.create(lease());
  await api.kubectl('delete', 'mutatingwebhookconfiguration', originalWebhook.metadata.name ?? '');
  await eventually('the Lease to be seen renewed', async () => {
    const ref = { kind: 'Lease', namespace, name: ORIGINAL_LEASE } as const;
    await api.client.patch(ref, { type: 'merge', body: { spec: lease().spec } });
    return log.at('warn').some((line) => line.includes(`Lease "${namespace}/${ORIGINAL_LEASE}"`));
  });
  expect(await leads()).toBe(false);
  await eventually('it to lead', leads, 30_000);
  expect(log.at('info')).toContain('the original operator is gone');
  expect(log.at('warn').filter((line) => line.includes('does not lead'))).toHaveLength(2);
});
