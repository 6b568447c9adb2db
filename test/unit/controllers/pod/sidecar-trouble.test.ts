import { describe, expect, test } from '@jest/globals';
import { sidecarTrouble } from '../../../../controllers/pod/sidecar-trouble.ts';
import type { SidecarRecord } from '../../../../src/api/binding.ts';
import type { ContainerState, ContainerStatus, PodStatus } from '../../../../src/api/pod.ts';
import { at, make } from '../../../support/make.ts';

const { running, terminated } = make;
const well = running('fluentd');
const app = running('app', { state: { running: { startedAt: at(10) } } });
const appWaits: ContainerStatus = {
  name: 'app',
  state: { waiting: { reason: 'PodInitializing' } },
};
const appEnded = (seconds: number): ContainerStatus => ({
  name: 'app',
  state: terminated(0, seconds, { startedAt: at(10) }),
});
/** It ran from 10 to 60 s, and runs again from 70 s on: for the first time, or not. */
const restartedApp = (restartCount: number): ContainerStatus =>
  running('app', {
    restartCount,
    state: { running: { startedAt: at(70) } },
    lastState: terminated(1, 60, { startedAt: at(10) }),
  });
const restarted = (lastState: ContainerState, count = 1, startedAt = at(99)): ContainerStatus =>
  running('fluentd', { restartCount: count, lastState, state: { running: { startedAt } } });
const crashLoop: ContainerStatus = {
  name: 'fluentd',
  restartCount: 2,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: terminated(1, 5),
};
const lost = { reason: 'Unknown', finishedAt: at(50) };

const record = (change: Partial<SidecarRecord> = {}): SidecarRecord => ({
  name: 'fluentd',
  mode: 'Native',
  podDeletionTrigger: 'SidecarFailure',
  ...change,
});
function trouble(
  sidecar: ContainerStatus,
  apps: ContainerStatus[],
  change: Partial<SidecarRecord> = {},
  status: PodStatus = { phase: 'Running' },
): string | undefined {
  const lists =
    change.mode === 'Regular'
      ? { containerStatuses: [...apps, sidecar] }
      : { initContainerStatuses: [sidecar], containerStatuses: apps };
  return sidecarTrouble(make.pod({ status: { ...lists, ...status } }), record(change));
}

interface Case {
  sidecar: ContainerStatus;
  apps?: ContainerStatus[];
  change?: Partial<SidecarRecord>;
  status?: PodStatus;
}
const failures: Record<string, Case> = {
  'a non-zero exit code while the app runs': {
    sidecar: { name: 'fluentd', state: terminated(1, 50) },
  },
  'a non-zero exit code of the life before': { sidecar: restarted(terminated(1, 50)) },
  'a failure in the second after the app started': { sidecar: restarted(terminated(1, 11)) },
  'a failure in the second in which the app was restarted': {
    sidecar: restarted(terminated(1, 70)),
    apps: [running('app', { restartCount: 1, state: { running: { startedAt: at(70) } } })],
  },
  OOMKilled: { sidecar: restarted(terminated(137, 50, { reason: 'OOMKilled' })) },
  'a non-zero exit code although the app finished, later': {
    sidecar: { name: 'fluentd', state: terminated(1, 50) },
    apps: [appEnded(60)],
  },
  'a non-zero exit code while one of two apps runs': {
    sidecar: { name: 'fluentd', state: terminated(1, 50) },
    apps: [{ ...appEnded(20), name: 'first' }, app],
  },
  'a failure before a good end of now': {
    sidecar: { name: 'fluentd', state: terminated(0, 60), lastState: terminated(1, 50) },
  },
  'a failure while an app was there that was restarted since': {
    sidecar: restarted(terminated(1, 50)),
    apps: [running('app', { restartCount: 1, state: { running: { startedAt: at(70) } } })],
  },
  'a failure in the second in which the app started, after which it ran again': {
    sidecar: restarted(terminated(1, 10), 1, at(11)),
  },
  'a failure in the second in which the app started, and nobody starts it again': {
    sidecar: { name: 'fluentd', state: terminated(1, 10) },
  },
  'a failure in the second in which the app started, which has ended since': {
    sidecar: restarted(terminated(1, 10), 1, at(11)),
    apps: [app, appEnded(60)],
  },
  'a failure after the first start of an app that was restarted since': {
    sidecar: restarted(terminated(1, 11)),
    apps: [restartedApp(1)],
  },
  'a failure before the last start but one: the first one is not known': {
    sidecar: restarted(terminated(1, 5)),
    apps: [restartedApp(2)],
  },
  'a failure after the first start of an app that has ended twice': {
    sidecar: restarted(terminated(1, 65)),
    apps: [{ ...restartedApp(1), state: terminated(0, 90, { startedAt: at(70) }) }],
  },
  'a failure whose time is not known': {
    sidecar: { name: 'fluentd', state: { terminated: { exitCode: 1 } } },
  },
  'three restarts, whatever the exit codes': { sidecar: restarted(terminated(0, 50), 3) },
  'three restarts whose ends are not known': { sidecar: running('fluentd', { restartCount: 3 }) },
  'a crash loop before the app can start': { sidecar: crashLoop, apps: [appWaits] },
  'a crash loop before there is any app status': { sidecar: crashLoop, apps: [] },
  'that the runtime lost it alone, before the app crashed': {
    sidecar: restarted(terminated(255, 50, lost)),
    apps: [restartedApp(1)],
  },
  'three restarts, lost by the runtime alone the last time': {
    sidecar: restarted(terminated(255, 50, lost), 3),
  },
  'that the runtime lost it alone while the app ran on': {
    sidecar: restarted(terminated(255, 50, lost)),
  },
};
const fine: Record<string, Case> = {
  'that runs': { sidecar: well },
  'that ended well while the app runs': { sidecar: { name: 'fluentd', state: terminated(0, 50) } },
  'that was restarted twice after good ends': { sidecar: restarted(terminated(0, 50), 2) },
  'that ended non-zero after the app': {
    sidecar: { name: 'fluentd', state: terminated(143, 70) },
    apps: [appEnded(60)],
  },
  'that was restarted often, after the app': {
    sidecar: restarted(terminated(0, 70), 5),
    apps: [appEnded(60)],
  },
  'that fell with the node, like the app': {
    sidecar: restarted(terminated(255, 50, lost)),
    apps: [running('app', { restartCount: 1, lastState: terminated(255, 50, lost) })],
  },
  'whose status was lost with the node': {
    sidecar: restarted(terminated(137, 50, { reason: 'ContainerStatusUnknown' })),
    apps: [
      running('app', {
        restartCount: 1,
        lastState: terminated(137, 50, { reason: 'ContainerStatusUnknown' }),
      }),
    ],
  },
  'that fell with the node, like the app, which has crashed since': {
    sidecar: restarted(terminated(255, 50, lost)),
    apps: [
      running('app', {
        restartCount: 2,
        state: { running: { startedAt: at(90) } },
        lastState: terminated(1, 80, { startedAt: at(70) }),
      }),
    ],
  },
  'that fell with the node, like the app, which runs again and nothing is known of before': {
    sidecar: restarted(terminated(255, 40, { ...lost, finishedAt: at(60) })),
    apps: [running('app', { restartCount: 1, state: { running: { startedAt: at(70) } } })],
  },
  'that was restarted three times, the last time with the node': {
    sidecar: restarted(terminated(255, 50, lost), 3),
    apps: [running('app', { restartCount: 3, lastState: terminated(255, 50, lost) })],
  },
  'that failed once before the app starts': {
    sidecar: restarted(terminated(1, 5)),
    apps: [appWaits],
  },
  'that failed before the app started, and came up since': { sidecar: restarted(terminated(1, 5)) },
  'that failed, ran again and saw the app start, all in the same second': {
    sidecar: restarted(terminated(1, 10), 1, at(10)),
  },
  'that failed, ran again and saw the app start, all in the same second, and the app has ended since':
    {
      sidecar: restarted(terminated(1, 10), 1, at(10)),
      apps: [appEnded(60)],
    },
  'that failed before the first start of an app that was restarted since': {
    sidecar: restarted(terminated(1, 5)),
    apps: [restartedApp(1)],
  },
  'that failed before the first start of an app that has ended twice': {
    sidecar: restarted(terminated(1, 5)),
    apps: [{ ...restartedApp(1), state: terminated(0, 90, { startedAt: at(70) }) }],
  },
  'that failed before the app started, which has ended since': {
    sidecar: restarted(terminated(1, 5)),
    apps: [appEnded(60)],
  },
  'in a crash loop of good ends before the third restart': {
    sidecar: { ...crashLoop, lastState: terminated(0, 50) },
  },
  'that crashes while the app, which was started before, is made again': {
    sidecar: crashLoop,
    apps: [{ name: 'app', restartCount: 1, state: { waiting: { reason: 'PodInitializing' } } }],
  },
  'that waits for other reasons before the app starts': {
    sidecar: { name: 'fluentd', state: { waiting: { reason: 'ImagePullBackOff' } } },
    apps: [appWaits],
  },
  'that nothing is known of': { sidecar: running('other') },
  'of a Pod that has ended': {
    sidecar: { name: 'fluentd', state: terminated(1, 50) },
    apps: [appEnded(60)],
    status: { phase: 'Failed' },
  },
};

for (const mode of ['Native', 'Regular'] as const) {
  describe(`${mode}, SidecarFailure: trouble is`, () => {
    test.each(Object.entries(failures))('%s', (_, { sidecar, apps = [app], change, status }) => {
      expect(trouble(sidecar, apps, { mode, ...change }, status)).toMatch(/\w/);
    });
  });
  describe(`${mode}, SidecarFailure: well is one`, () => {
    test.each(Object.entries(fine))('%s', (_, { sidecar, apps = [app], change, status }) => {
      expect(trouble(sidecar, apps, { mode, ...change }, status)).toBeUndefined();
    });
  });
}

describe('SidecarTermination', () => {
  const change = { podDeletionTrigger: 'SidecarTermination' } as const;
  test.each(['Native', 'Regular'] as const)('%s: any end while the app runs counts', (mode) => {
    const ended = { name: 'fluentd', state: terminated(0, 50) };
    expect(trouble(ended, [app], { mode, ...change })).toContain('exit code 0');
  });
  test('an end after the app does not', () => {
    const ended = { name: 'fluentd', state: terminated(0, 70) };
    expect(trouble(ended, [appEnded(60)], change)).toBeUndefined();
  });
  test('an end before the app started does not', () => {
    expect(trouble(restarted(terminated(0, 5)), [app], change)).toBeUndefined();
  });
});

test('Never is never', () => {
  const change = { podDeletionTrigger: 'Never' } as const;
  for (const { sidecar, apps = [app] } of Object.values(failures))
    expect(trouble(sidecar, apps, change)).toBeUndefined();
});

test('a Pod that is being deleted is left alone', () => {
  const pod = make.pod({
    metadata: { deletionTimestamp: at(60) },
    status: {
      initContainerStatuses: [{ name: 'fluentd', state: terminated(1, 50) }],
      containerStatuses: [app],
    },
  });
  expect(sidecarTrouble(pod, record())).toBeUndefined();
});

test('a container of that name on the other side is not the sidecar', () => {
  const status = { containerStatuses: [app, { name: 'fluentd', state: terminated(1, 50) }] };
  expect(sidecarTrouble(make.pod({ status }), record())).toBeUndefined();
});
