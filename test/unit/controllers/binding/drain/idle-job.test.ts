import { describe, expect, test } from '@jest/globals';
import { idleJob } from '../../../../../controllers/binding/drain/idle-job.ts';
import type { Stored } from '../../../../../src/api/object.ts';
import type { Pod, PodStatus } from '../../../../../src/api/pod.ts';
import { jobPod } from '../../../../support/deciding.ts';
import { make, T0 } from '../../../../support/make.ts';

const job = make.job();
const pod = (status: PodStatus, name = 'a'): Stored<Pod> => jobPod(name, { status });
const waiting = (reason?: string, message?: string): PodStatus => ({
  phase: 'Pending',
  containerStatuses: [
    {
      name: 'drain',
      state: {
        waiting: {
          ...(reason === undefined ? {} : { reason }),
          ...(message === undefined ? {} : { message }),
        },
      },
    },
  ],
});
const running: PodStatus = { phase: 'Running', containerStatuses: [make.running('drain')] };
const ended: PodStatus = {
  phase: 'Failed',
  containerStatuses: [{ name: 'drain', state: make.terminated(1, 60) }],
};

describe('a Job', () => {
  interface Case {
    pods: Stored<Pod>[];
    idle: object | undefined;
    /** Does its Pod wait without saying for what? */
    silent?: true;
  }
  const cases: Record<string, Case> = {
    'with a Pod that runs is not idle': { pods: [pod(ended), pod(running, 'b')], idle: undefined },
    'without a Pod is idle since it was made': {
      pods: [],
      idle: { since: T0, waitsFor: undefined },
    },
    'whose Pod failed is idle since then': {
      pods: [pod(ended)],
      idle: { since: T0 + 60_000, endedAt: T0 + 60_000, waitsFor: undefined },
    },
    'has no Pods but its own': {
      pods: [make.pod({ status: running })],
      idle: { since: T0, waitsFor: undefined },
    },
    'whose image is missing says so': {
      pods: [pod(waiting('ImagePullBackOff', 'no such image'))],
      idle: {
        since: T0,
        waitsFor: 'container "drain" of Pod "a" waits: ImagePullBackOff, no such image',
      },
    },
    'whose container is being made says so': {
      pods: [pod(waiting('ContainerCreating'))],
      idle: { since: T0, waitsFor: 'container "drain" of Pod "a" waits: ContainerCreating' },
      silent: true,
    },
    'whose container was made and not started says what to do': {
      pods: [pod(waiting())],
      idle: {
        since: T0,
        waitsFor: expect.stringMatching(
          /^container "drain" of Pod "a" was made and never started, .* delete it,/,
        ) as unknown,
      },
    },
    'that no node takes says so': {
      pods: [
        pod({
          phase: 'Pending',
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3' },
          ],
        }),
      ],
      idle: { since: T0, waitsFor: 'Pod "a" has no node: Unschedulable, 0/3' },
    },
    'whose Pod says nothing is pending': {
      pods: [pod({ phase: 'Pending' })],
      idle: { since: T0, waitsFor: 'Pod "a" is pending' },
      silent: true,
    },
  };
  test.each(Object.entries(cases))('%s', (_, { pods, idle, silent }) => {
    const expected = idle && { ...idle, silent: silent && pods[0] };
    expect(idleJob(job, pods)).toEqual(expected);
  });
});
