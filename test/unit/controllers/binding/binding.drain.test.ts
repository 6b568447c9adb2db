import { describe, expect, test } from '@jest/globals';
import type { Binding } from '../../../../src/api/binding.ts';
import { labels } from '../../../../src/api/names.ts';
import type { Stored } from '../../../../src/api/object.ts';
import type { ContainerStatus, Pod } from '../../../../src/api/pod.ts';
import { at, make, NAME } from '../../../support/make.ts';
import { notTaken } from '../../../support/not-taken.ts';
import { deeds, message, said } from '../../../support/said.ts';
import { snapshot, outOfUse, jobPod, setup } from '../../../support/deciding.ts';

describe('draining', () => {
  const cached = { claims: [make.claim()] };
  test('the Job is made from the snapshot of the API server', async () => {
    const { decide, asked } = setup(outOfUse, cached);
    const { writes } = await decide();
    expect(deeds(writes)).toEqual(['create Job']);
    expect(writes).toMatchObject([
      { object: { spec: { template: { spec: { containers: [{ name: 'drain' }] } } } } },
    ]);
    expect(asked().toSorted()).toEqual(['get FluentPVCBinding', 'get Job', 'list Pod']);
  });
  test('a Job that was refused is told so, and tried again', async () => {
    const { decide } = setup(outOfUse, cached);
    const plan = await decide(notTaken(make.job(), 403, 'Forbidden', 'exceeded quota'));
    expect(deeds(plan.writes)).toEqual(['patch FluentPVCBinding status', 'create Job']);
    expect(message(plan, 'DrainStalled')).toContain('exceeded quota');
  });
  test('a claim that the cache does not have may only be late', async () => {
    const { decide } = setup(outOfUse, {}, [make.claim()]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
  test('a claim that the cache has without a volume may only be late', async () => {
    const { decide, asked } = setup(outOfUse, { claims: [make.unboundClaim()] }, [make.claim()]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
    expect(asked()).toContain('get PersistentVolumeClaim');
  });
  test('a claim that has no volume, read live, is released without a Job', async () => {
    const unbound = make.unboundClaim();
    const { decide } = setup(outOfUse, { claims: [unbound] }, [unbound]);
    expect(said(await decide())).toMatchObject({ PodMissing: 'True ClaimNeverBound' });
  });
  test('a claim that is nowhere is lost', async () => {
    expect(said(await setup(outOfUse).decide())).toMatchObject({ Unknown: 'True PVCLost' });
  });
  test('no Job is made for a binding that has changed meanwhile', async () => {
    const { decide, api } = setup(outOfUse, cached);
    api.put(make.binding({ status: outOfUse, spec: { snapshot } }));
    expect((await decide()).writes).toEqual([]);
  });
  test('no Job is made for a binding that is gone meanwhile', async () => {
    const { decide, api } = setup(outOfUse, cached);
    const { finalizers, ...metadata } = make.binding().metadata;
    api.put({ ...make.binding(), metadata: { ...metadata, deletionTimestamp: at(1) } });
    expect((await decide()).writes).toEqual([]);
  });
  test('no Job is made while Pods of a former one run, whatever the caches say', async () => {
    const { decide } = setup(outOfUse, cached, [jobPod('former')]);
    const plan = await decide();
    expect(deeds(plan.writes)).toEqual(['patch FluentPVCBinding status']);
    expect(plan.requeueAfterMs).toBe(30_000);
    expect(message(plan, 'DrainStalled')).toContain('"former" (node "node-1")');
  });
  test("a Pod that has our label and not the claim is no hindrance: it may be anybody's", async () => {
    const stranger = jobPod('stranger');
    const pod = { ...stranger, spec: { ...stranger.spec, volumes: [] } };
    const { decide } = setup(outOfUse, cached, [pod]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
  test('Pods of former Jobs that have ended are no hindrance', async () => {
    const { decide } = setup(outOfUse, cached, [jobPod('former', { status: { phase: 'Failed' } })]);
    expect(deeds((await decide()).writes)).toEqual(['create Job']);
  });
  const unusable: Record<string, Partial<Binding['spec']>> = {
    'none at all': {},
    'no JSON': { snapshot: '{' },
    'JSON of something else': { snapshot: 'null' },
    'a template without containers': { snapshot: '{"jobSpecTemplate":{"template":{}}}' },
  };
  test.each(Object.entries(unusable))('a snapshot that is %s is said', async (_, spec) => {
    const { decide } = setup(outOfUse, cached, [], spec);
    expect(said(await decide())).toMatchObject({ DrainStalled: 'True SnapshotUnusable' });
  });
  test('a template that mounts something else at our path is said', async () => {
    const volumeMounts = [{ name: 'mine', mountPath: '/var/log/app' }];
    const jobSpecTemplate = {
      template: { spec: { containers: [{ name: 'drain', volumeMounts }] } },
    };
    const spec = { snapshot: JSON.stringify(make.snapshot({ jobSpecTemplate })) };
    const plan = await setup(outOfUse, cached, [], spec).decide();
    expect(said(plan)).toMatchObject({ DrainStalled: 'True MountPathTaken' });
    expect(message(plan, 'DrainStalled')).toMatch(/"drain" .*"mine" .*\/var\/log\/app/);
  });
  test('its own Job is followed, without a request', async () => {
    const { decide, asked } = setup(outOfUse, { ...cached, jobs: [make.job()] });
    expect(said(await decide())).toMatchObject({ phase: 'FinalizerJobApplied' });
    expect(asked()).toEqual([]);
  });
  test('its own Job that goes is told with the Pods that keep it', async () => {
    const jobs = [make.job({ metadata: { deletionTimestamp: at(0) } })];
    const volumes: [] = [];
    const jobPods = [jobPod('a'), jobPod('b', { spec: { ...make.pod().spec, volumes } })];
    const { decide, clock } = setup(outOfUse, { ...cached, jobs, jobPods });
    await clock.advance(120_000);
    const text = message(await decide(), 'DrainStalled') ?? '';
    expect(text).toContain('"a" (node "node-1")');
    // Anybody may give a Pod our label.
    expect(text).not.toContain('"b"');
  });
  test("somebody else's Job of that name is not its own", async () => {
    const jobs = [make.job({ metadata: { ownerReferences: [] } })];
    expect(deeds((await setup(outOfUse, { ...cached, jobs }).decide()).writes)).toEqual([
      'create Job',
    ]);
  });

  test('a Job that somebody took the label off is its own: followed, and looked at again', async () => {
    const bare = make.job({ metadata: { labels: {} } });
    const plan = await setup(outOfUse, cached, [bare]).decide();
    expect(said(plan)).toMatchObject({ phase: 'FinalizerJobApplied', jobUID: 'job-uid' });
    expect(plan.requeueAfterMs).toBe(30_000);
  });
  test('and when that succeeded, the drain did', async () => {
    const status = { conditions: [{ type: 'Complete', status: 'True' }] };
    const done = make.job({ metadata: { labels: {} }, status });
    expect(said(await setup(outOfUse, cached, [done]).decide())).toMatchObject({
      phase: 'FinalizerJobSucceeded',
    });
  });
  test.each([{}, { ownerReferences: [] }])(
    "somebody else's Job that has its name (%j) is said, and looked at again",
    async (change) => {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'another' };
      const stranger = make.job({ metadata: { ownerReferences: [owner], ...change } });
      const plan = await setup(outOfUse, cached, [stranger]).decide();
      expect(said(plan)).toMatchObject({ phase: 'OutOfUse', DrainStalled: 'True JobNameTaken' });
      expect(message(plan, 'DrainStalled')).toContain(stranger.metadata.name);
      expect(plan.requeueAfterMs).toBe(30_000);
    },
  );

  describe('of a Job that failed', () => {
    const failedJob = make.job({ status: { conditions: [{ type: 'Failed', status: 'True' }] } });
    const ended = (...list: ContainerStatus[]): Partial<Stored<Pod>> => ({
      status: { phase: 'Failed', containerStatuses: list },
    });
    const bad = (exitCode: number, text?: string): ContainerStatus => ({
      name: 'drain',
      state: make.terminated(exitCode, 60, text === undefined ? {} : { message: text }),
    });
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: NAME };
    const newer = (pod: Stored<Pod>): Stored<Pod> => ({
      ...pod,
      metadata: { ...pod.metadata, creationTimestamp: at(50) },
    });
    const cases: Record<string, { jobPods: Stored<Pod>[]; says: string }> = {
      'the exit code, reason and last words of its Pod are told': {
        jobPods: [jobPod('a', ended(bad(3, ' disk full\n')))],
        says: 'Container "drain" of Pod "a" exited with 3 (Error): disk full.',
      },
      'the newest Pod speaks': {
        jobPods: [jobPod('a', ended(bad(3))), newer(jobPod('b', ended(bad(4))))],
        says: 'Container "drain" of Pod "b" exited with 4 (Error).',
      },
      'containers that went well say nothing': {
        jobPods: [jobPod('a', ended({ ...bad(0), name: 'first' }, bad(5)))],
        says: 'Container "drain" of Pod "a" exited with 5 (Error).',
      },
      'a sidecar that did not end well behind its container does not speak for it': {
        jobPods: [
          jobPod('a', {
            status: {
              phase: 'Failed',
              initContainerStatuses: [{ ...bad(137), name: 'shipper' }],
              containerStatuses: [bad(3, 'disk full')],
            },
          }),
        ],
        says: 'Container "drain" of Pod "a" exited with 3 (Error): disk full.',
      },
      'an init container speaks where no other has run': {
        jobPods: [
          jobPod('a', {
            status: {
              phase: 'Failed',
              initContainerStatuses: [{ ...bad(2, 'no space'), name: 'prepare' }],
              containerStatuses: [{ name: 'drain', state: { waiting: {} } }],
            },
          }),
        ],
        says: 'Container "prepare" of Pod "a" exited with 2 (Error): no space.',
      },
      'nothing is told of Pods of a former Job': {
        jobPods: [
          jobPod('a', {
            metadata: {
              ...jobPod('a').metadata,
              ownerReferences: [{ ...owner, uid: 'former-uid' }],
            },
            ...ended(bad(3)),
          }),
        ],
        says: 'failed: . PVC',
      },
      'nothing is told of Pods of other bindings': {
        jobPods: [
          jobPod('a', {
            metadata: { ...jobPod('a').metadata, labels: { [labels.finalizerJobOf]: 'other' } },
            ...ended(bad(3)),
          }),
        ],
        says: 'failed: . PVC',
      },
    };
    test.each(Object.entries(cases))('%s', async (_, { jobPods, says }) => {
      const { decide } = setup(outOfUse, { ...cached, jobs: [failedJob] }, jobPods);
      expect(message(await decide(), 'FinalizerJobFailed')).toContain(says);
    });
    test('nothing is asked once that is told', async () => {
      const conditions = [make.condition('OutOfUse'), make.condition('FinalizerJobFailed')];
      const told = { conditions, jobUID: 'job-uid', nextAttemptTime: at(60) };
      const { decide, asked } = setup(told, { ...cached, jobs: [failedJob] });
      expect(await decide()).toMatchObject({ writes: [], requeueAfterMs: 60_000 });
      expect(asked()).toEqual([]);
    });
    test('last words are cut', async () => {
      const jobPods = [jobPod('a', ended(bad(3, 'x'.repeat(5_000))))];
      const { decide } = setup(outOfUse, { ...cached, jobs: [failedJob] }, jobPods);
      expect(message(await decide(), 'FinalizerJobFailed')?.length).toBeLessThan(1_500);
    });
  });
});
