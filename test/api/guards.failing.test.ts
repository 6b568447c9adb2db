import { expect, test } from '@jest/globals';
import { DRAINED, labels } from '../../src/api/names.ts';
import { messageOf } from '../../src/errors.ts';
import { eventually } from '../support/eventually.ts';
import { shared } from '../support/shared.ts';
import { claimWith, FAILING, injectedPod, openGuarded, podWith, type Guarded } from './guarding.ts';
import { dryRun } from './requests.ts';

/*
 * Guards with a condition of a user's that cannot be evaluated. It denies what matches all the same, so it
 * shows what does not: nothing that breaks no rule costs the API server more than that.
 */
let on: Guarded;

const REFS = {
  waiting: { kind: 'PersistentVolumeClaim', name: 'waiting' },
  drained: { kind: 'PersistentVolumeClaim', name: 'drained' },
  pod: { kind: 'Pod', name: 'running' },
} as const;

shared(async (parts) => {
  on = await openGuarded(parts);
  const { client, namespace } = on.api;
  await client.create(claimWith(namespace, 'waiting'));
  const { labels: own } = claimWith(namespace, 'drained').metadata;
  const drained = { ...own, [labels.state]: DRAINED };
  await client.create(claimWith(namespace, 'drained', { labels: drained }));
  await client.create(injectedPod(on, { name: 'running' }));
  await on.apply({ narrowed: { matchConditions: FAILING } });
  await eventually('the condition to fail', async () => {
    const thrown = await deletion('waiting').then(() => 'free', messageOf);
    return thrown.includes('no such key');
  });
});

const at = (of: keyof typeof REFS): (typeof REFS)[typeof of] & { namespace: string } => ({
  ...REFS[of],
  namespace: on.api.namespace,
});
const deletion = (of: 'waiting' | 'drained'): Promise<unknown> => dryRun(on.user).delete(at(of));
const change = (of: keyof typeof REFS, metadata: object): Promise<unknown> =>
  dryRun(on.user).patch(at(of), { metadata });

test.each<[what: string, attempt: () => Promise<unknown>]>([
  ['a Pod that is injected', () => dryRun(on.user).create(injectedPod(on))],
  ['a Pod without a mark', () => dryRun(on.user).create(podWith({ namespace: on.api.namespace }))],
  ['a label of others on such a Pod', () => change('pod', { labels: { team: 'logs' } })],
  ['a label of others on a PVC', () => change('waiting', { labels: { team: 'logs' } })],
  ['the deletion of a drained PVC', () => deletion('drained')],
])('lets %s through, which breaks no rule', async (_what, attempt) => {
  await expect(attempt()).resolves.toBeDefined();
});

test.each<[what: string, attempt: () => Promise<unknown>]>([
  [
    'a Pod that is injected in part',
    () => dryRun(on.user).create(injectedPod(on, { spec: { volumes: [] } })),
  ],
  ['another mark on a Pod', () => change('pod', { labels: { [labels.binding]: 'another' } })],
  ['another mark on a PVC', () => change('waiting', { labels: { [labels.binding]: 'another' } })],
  ['a PVC without our finalizer', () => change('waiting', { finalizers: null })],
  ['a PVC that looks like ours', () => dryRun(on.user).create(claimWith(on.api.namespace, 'x'))],
])('denies %s, which breaks one', async (_what, attempt) => {
  await expect(attempt()).rejects.toThrow('no such key');
});
