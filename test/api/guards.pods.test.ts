import { beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { container } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openGuarded, podWith, type Guarded } from './guarding.ts';

/* Pods. Nobody injects here: every Pod is stored as it is written, if it is. */
let on: Guarded;
const DRY = '--dry-run=server';

shared(async (parts) => {
  on = await openGuarded(parts);
});

const RECORD = JSON.stringify({ fluentPVC: 'logs', sidecar: 'shipper', volumes: [], envs: [] });

/** A Pod as the webhook leaves it, without what is `undefined` in `change`. */
function injected(
  change: {
    labels?: object;
    annotations?: object;
    spec?: object;
    namespace?: string;
    name?: string;
  } = {},
): KubeObject {
  return podWith(
    {
      namespace: change.namespace ?? on.api.namespace,
      ...(change.name === undefined ? {} : { name: change.name }),
      labels: {
        [labels.fluentPVC]: 'logs',
        [labels.binding]: 'claim-1',
        ...change.labels,
      },
      annotations: { [annotations.injected]: RECORD, ...change.annotations },
    },
    {
      volumes: [{ name: 'buffer', persistentVolumeClaim: { claimName: 'claim-1' } }],
      containers: [container('app')],
      initContainers: [{ ...container('shipper'), restartPolicy: 'Always' }],
      ...change.spec,
    },
  );
}

function created(pod: object): Promise<string> {
  return on.user.feed('create', DRY, pod);
}

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
    expect(await created(injected(change))).toContain('created');
  });

  test('in an exempt namespace, whatever it lacks', async () => {
    const pod = injected({ namespace: on.exempt, spec: { volumes: [] } });
    expect(await on.user.feed('create', '-n', on.exempt, DRY, pod)).toContain('created');
  });

  test('that is injected and comes from the account of the operator', async () => {
    expect(await on.api.kubectl.feed('create', DRY, injected())).toContain('created');
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
    const refused = created(injected(change));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(/The pods "app-\w+" is invalid/);
  });

  test('whose volume was dropped, from the account of the operator too: it makes no Pods', async () => {
    await expect(
      on.api.kubectl.feed('create', DRY, injected({ spec: { volumes: [] } })),
    ).rejects.toThrow('lacks a volume with PVC "claim-1"');
  });

  test('with a warning only, where the webhook lets Pods in without it', async () => {
    const pod = injected({ spec: { initContainers: [] } });
    await on.apply({ webhookFailurePolicy: 'Ignore' });
    const said = await eventually('the warning', () => created(pod));
    expect(said).toMatch(
      /Warning: Validation failed for ValidatingAdmissionPolicy.* lacks the sidecar/,
    );
    expect(said).toContain('created (server dry run)');
    await on.apply({});
    await eventually('the denial', async () => {
      return (await created(pod).catch(String)).includes('is invalid');
    });
  });
});

describe('of a Pod that exists', () => {
  beforeAll(async () => {
    const { client, namespace } = on.api;
    await client.create(injected({ name: 'ours', labels: { [labels.finalizerJobOf]: 'b' } }));
    await client.create(podWith({ name: 'theirs', namespace }));
  });

  test.each([
    ['label', labels.fluentPVC],
    ['label', labels.binding],
    ['label', labels.finalizerJobOf],
    ['annotation', annotations.injected],
  ])('the %s %s is added, changed and removed by nobody but the operator', async (what, key) => {
    const verb = what === 'label' ? 'label' : 'annotate';
    const message = `${what} ${key} cannot be added, changed or removed once a Pod exists`;
    for (const change of [
      [verb, 'pod', 'theirs', `${key}=x`],
      [verb, 'pod', 'ours', `${key}=x`, '--overwrite'],
      [verb, 'pod', 'ours', `${key}-`],
    ]) {
      await expect(on.user(...change, DRY)).rejects.toThrow(message);
      expect(await on.api.kubectl(...change, DRY)).toMatch(/labeled|annotat/);
    }
  });

  test('everything else is free', async () => {
    expect(await on.user('label', 'pod', 'ours', 'example.com/x=y', DRY)).toContain('labeled');
    expect(await on.user('annotate', 'pod', 'theirs', 'example.com/x=y', DRY)).toContain('annotat');
  });

  test('the status is reported by whoever may', async () => {
    const said = await on.user(
      'patch',
      'pod',
      'ours',
      DRY,
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"phase":"Running"}}',
    );
    expect(said).toContain('patched');
  });

  test('the deletion is free', async () => {
    expect(await on.user('delete', 'pod', 'ours', DRY)).toContain('deleted');
  });
});
