import { beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../../src/api/names.ts';
import type { ObjectRef } from '../../src/api/resources.ts';
import { eventually } from '../support/eventually.ts';
import { container } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { ref } from './cycle.ts';
import { type Guarded, injectedPod, openGuarded, podWith } from './guarding.ts';
import { dryRun, type DryRun } from './requests.ts';

/* Pods. Nobody injects here: every Pod is stored as it is written, if it is. */
let on: Guarded;
let user: DryRun;
let operator: DryRun;

shared(async (parts) => {
  on = await openGuarded(parts);
  user = dryRun(on.user);
  operator = dryRun(on.api);
});

describe('a Pod is stored', () => {
  test.each([
    ['that is injected with a native sidecar', {}],
    [
      'that is injected with a regular sidecar',
      { spec: { initContainers: [], containers: [container('app'), container('shipper')] } },
    ],
    [
      'of a finalizer Job',
      {
        labels: {
          [labels.fluentPVC]: undefined,
          [labels.binding]: undefined,
          [labels.finalizerJobOf]: 'claim-1',
        },
        annotations: { [annotations.injected]: undefined },
      },
    ],
    [
      'that has nothing of ours',
      {
        labels: { [labels.fluentPVC]: undefined, [labels.binding]: undefined, app: 'x' },
        annotations: { [annotations.injected]: undefined },
        spec: { volumes: [], initContainers: [] },
      },
    ],
  ])('%s', async (_title, change) => {
    expect(await user.create(injectedPod(on, change))).toEqual([]);
  });

  test('in an exempt namespace, whatever it lacks', async () => {
    const pod = injectedPod(on, { namespace: on.exempt, spec: { volumes: [] } });
    expect(await user.create(pod)).toEqual([]);
  });

  test('that is injected and comes from the account of the operator', async () => {
    expect(await operator.create(injectedPod(on))).toEqual([]);
  });
});

describe('a Pod is refused', () => {
  const none = { [labels.fluentPVC]: undefined, [labels.binding]: undefined };
  const unrecorded = { [annotations.injected]: undefined };
  test.each([
    [
      'whose name label was dropped',
      { labels: { [labels.fluentPVC]: undefined } },
      `lacks label ${labels.fluentPVC}: the webhook did not see this Pod`,
    ],
    [
      'whose binding label was dropped',
      { labels: { [labels.binding]: undefined } },
      `lacks label ${labels.binding}: `,
    ],
    [
      'whose annotation was dropped',
      { annotations: unrecorded },
      `lacks annotation ${annotations.injected}: `,
    ],
    [
      'that the webhook did not see',
      { labels: { [labels.binding]: undefined }, annotations: unrecorded },
      `lacks label ${labels.binding}, annotation ${annotations.injected}: `,
    ],
    [
      'that has the annotation of another one',
      { labels: none },
      `lacks label ${labels.fluentPVC}, label ${labels.binding}: `,
    ],
    ['whose volume was dropped', { spec: { volumes: [] } }, 'lacks a volume with PVC "claim-1"'],
    [
      'whose volume is of another claim',
      { spec: { volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: 'other' } }] } },
      'lacks a volume with PVC "claim-1"',
    ],
    [
      'whose binding label is empty',
      { labels: { [labels.binding]: '' }, spec: { volumes: [{ name: 'buffer' }] } },
      'lacks a volume with PVC ""',
    ],
    [
      'whose sidecar was dropped',
      { spec: { initContainers: [] } },
      `lacks the sidecar that its annotation ${annotations.injected} names: `,
    ],
    [
      'whose only container is named like the end of the sidecar',
      { spec: { initContainers: [], containers: [container('per')] } },
      'lacks the sidecar',
    ],
  ])('%s', async (_title, change, message) => {
    const refused = user.create(injectedPod(on, change));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(/: pods "app-\w+" is forbidden: /);
    await expect(refused).rejects.toMatchObject({ reason: 'Invalid', code: 422 });
  });

  test('whose volume was dropped, from the account of the operator too: it makes no Pods', async () => {
    await expect(operator.create(injectedPod(on, { spec: { volumes: [] } }))).rejects.toThrow(
      'lacks a volume with PVC "claim-1"',
    );
  });

  test('with a warning only, where the webhook lets Pods in without it', async () => {
    const pod = injectedPod(on, { spec: { initContainers: [] } });
    await on.apply({ webhookFailurePolicy: 'Ignore' });
    await eventually('the warning', () => user.create(pod));
    const said = await on.user.kubectl.feed('create', '--dry-run=server', pod);
    expect(said).toMatch(
      /Warning: Validation failed for ValidatingAdmissionPolicy.* lacks the sidecar/,
    );
    expect(said).toContain('created (server dry run)');
    await on.apply({});
    await eventually('the denial', async () => {
      return (await user.create(pod).then(String, String)).includes('(Invalid 422)');
    });
    // As people read it.
    await expect(on.user.kubectl.feed('create', '--dry-run=server', pod)).rejects.toThrow(
      /The pods "app-\w+" is invalid: [^]* lacks the sidecar/,
    );
  });
});

describe('of a Pod that exists', () => {
  beforeAll(async () => {
    const { client, namespace } = on.api;
    await client.create(
      injectedPod(on, { name: 'ours', labels: { [labels.finalizerJobOf]: 'b' } }),
    );
    await client.create(podWith({ name: 'theirs', namespace }));
  });

  const pod = (name: string): ObjectRef => ref(on.api, 'Pod', name);

  test.each([
    ['label', labels.fluentPVC],
    ['label', labels.binding],
    ['label', labels.finalizerJobOf],
    ['annotation', annotations.injected],
  ])('the %s %s is added, changed and removed by nobody but the operator', async (what, key) => {
    const field = what === 'label' ? 'labels' : 'annotations';
    const message = `${what} ${key} cannot be added, changed or removed once a Pod exists`;
    for (const [name, value] of [
      ['theirs', 'x'],
      ['ours', 'x'],
      ['ours', null],
    ] as const) {
      const body = { metadata: { [field]: { [key]: value } } };
      await expect(user.patch(pod(name), body)).rejects.toThrow(message);
      expect(await operator.patch(pod(name), body)).toEqual([]);
    }
  });

  test('everything else is free', async () => {
    const { kubectl } = on.user;
    const change = ['example.com/x=y', '--dry-run=server'];
    expect(await kubectl('label', 'pod', 'ours', ...change)).toContain('labeled');
    expect(await kubectl('annotate', 'pod', 'theirs', ...change)).toContain('annotat');
  });

  test('the status is reported by whoever may', async () => {
    expect(await user.patch(pod('ours'), { status: { phase: 'Running' } }, 'status')).toEqual([]);
  });

  test('the deletion is free', async () => {
    expect(await user.delete(pod('ours'))).toEqual([]);
  });
});
