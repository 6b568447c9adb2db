import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { BindingStatus } from '../../../../../src/api/binding.ts';
import { annotations } from '../../../../../src/api/names.ts';
import type { ObjectMeta } from '../../../../../src/api/object.ts';
import { ApiUnreachable } from '../../../../../src/kube/api-error.ts';
import { jobPod, setup, snapshot, type Setup } from '../../../../support/deciding.ts';
import { at, make, NAME } from '../../../../support/make.ts';
import { refusal } from '../../../../support/memory-api.ts';
import '../../../../support/one-realm.ts';
import { deeds, said } from '../../../../support/said.ts';

const ended = make.endedPod();
const content = { claims: [make.claim()], pods: [ended] };

test('a Pod that is over is said, and then the first Job is made, by one plan', async () => {
  const { decide, asked } = setup({}, content, [ended]);
  const plan = await decide();
  expect(said(plan)).toMatchObject({ phase: 'OutOfUse', OutOfUse: 'True PodSucceeded' });
  expect(deeds(plan.writes)).toEqual(['patch FluentPVCBinding status', 'create Job']);
  const template = { spec: { containers: [{ name: 'drain' }] } };
  expect(plan.writes[1]).toMatchObject({
    ifNotMoot: true,
    object: { metadata: { name: NAME }, spec: { template } },
  });
  // Nobody is asked for former Jobs: of a large namespace that is dear.
  expect(asked()).toEqual(['get Pod', 'get FluentPVCBinding']);
});

describe('that a Pod is over is said alone', () => {
  const { kind, metadata: own } = make.binding();
  const alone = ['patch FluentPVCBinding status'];
  const annotated = (more: Record<string, string>): { metadata: ObjectMeta } => ({
    metadata: { annotations: { ...own.annotations, ...more } },
  });
  const claim = (change: Parameters<typeof make.claim>[0]): { more: Content } => ({
    more: { claims: [make.claim(change)] },
  });
  type Content = Exclude<Parameters<typeof setup>[1], undefined>;
  interface Case {
    status?: BindingStatus;
    /** Of the caches, besides claim and Pod. */
    more?: Content;
    metadata?: ObjectMeta;
  }
  const cases: Record<string, Case> = {
    'where a Pod of a Job is there, of a backup perhaps': {
      more: { jobPods: [jobPod('restored')] },
    },
    'where a Job of that name and label is there, whosever it is': {
      more: { jobs: [make.job({ metadata: { ownerReferences: [] } })] },
    },
    'where the original made the binding': annotated({ [annotations.takenOver]: '' }),
    'where the binding had a Job': { status: { jobUID: 'before' } },
    'where the binding was made anew: the one before may have had a Job': {
      metadata: { creationTimestamp: at(60) },
    },
    'where its claim is gone': { more: { claims: [] } },
    'where its claim goes': claim({ metadata: { deletionTimestamp: at(1) } }),
    'where its claim lost its marks': claim({ metadata: { labels: {} } }),
    'where its claim has no volume': { more: { claims: [make.unboundClaim()] } },
    'where its data is given up': annotated({ [annotations.release]: 'claim-uid' }),
  };
  test.each(Object.entries(cases))('%s', async (_, { status = {}, more, metadata }) => {
    const inCaches = { ...content, ...more };
    const { decide, asked } = setup(status, inCaches, [ended], { snapshot }, metadata);
    const plan = await decide();
    expect(said(plan)).toMatchObject({ OutOfUse: 'True PodSucceeded' });
    expect(deeds(plan.writes)).toEqual(alone);
    // It waits for nothing.
    expect(asked()).toEqual(['get Pod']);
  });

  test('where its namespace goes: nothing can be made there', async () => {
    const metadata = { name: own.namespace ?? '', deletionTimestamp: at(1), finalizers: ['x'] };
    const goes = { apiVersion: 'v1', kind: 'Namespace', metadata };
    const { decide, api, caches } = setup({}, content, [ended]);
    caches.namespaces.set(api.put(goes));
    expect(deeds((await decide()).writes)).toEqual(alone);
  });

  const reads: Record<string, (made: Setup) => void> = {
    'where the API server refuses to read the binding': ({ api }) => {
      api.refuse = (request) => (request.kind === kind ? refusal(500, 'InternalError') : undefined);
    },
    'where the binding is another version by now: neither write would hold': ({ api }) => {
      api.put(make.binding({ spec: { snapshot } }));
    },
    'where the binding is gone by now': ({ api }) => {
      api.put(make.binding({ metadata: { deletionTimestamp: at(1), finalizers: [] } }));
    },
  };
  test.each(Object.entries(reads))('%s', async (_, meanwhile) => {
    const made = setup({}, content, [ended]);
    meanwhile(made);
    expect(deeds((await made.decide()).writes)).toEqual(alone);
  });
  const orders = {
    'is no order': '{',
    'lacks what a Job is made of': JSON.stringify({
      jobSpecTemplate: { template: { spec: { containers: [] } } },
    }),
  };
  test.each(Object.entries(orders))('where its order %s', async (_, order) => {
    const { decide } = setup({}, content, [ended], { snapshot: order });
    expect(deeds((await decide()).writes)).toEqual(alone);
  });
  test('where the API server takes its time', async () => {
    const { decide, api } = setup({}, content, [ended]);
    const get = api.get.bind(api);
    api.get = async (ref, options) => {
      if (ref.kind !== kind) return get(ref, options);
      const { signal } = options ?? {};
      if (signal !== undefined) await once(signal, 'abort');
      throw new ApiUnreachable('GET', signal?.reason);
    };
    expect(deeds((await decide()).writes)).toEqual(alone);
  });
  test('where a volume is rescued: its claim comes first', async () => {
    const { pvc, pod } = make.binding().spec;
    const volume = { namespace: own.namespace ?? '', pvc, volumeName: 'pv-1', podOver: false };
    const { metadata } = annotated({ [annotations.assumeStopped]: pod.uid });
    const { decide } = setup({}, content, [], { snapshot, rescue: volume }, metadata);
    const plan = await decide();
    expect(said(plan)).toMatchObject({ OutOfUse: 'True AssumedStopped' });
    expect(deeds(plan.writes)).toEqual(alone);
  });
});

test('a fault of the program is none of the API server', async () => {
  const { decide, api } = setup({}, content, [ended]);
  api.refuse = ({ kind }) => (kind === 'FluentPVCBinding' ? new TypeError('oops') : undefined);
  await expect(decide()).rejects.toThrow('oops');
});
