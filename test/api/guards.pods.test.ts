import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../../src/api/names.ts';
import type { ObjectMeta } from '../../src/api/object.ts';
import { eventually } from '../support/eventually.ts';
import { container } from './harness.ts';
import { openGuarded, podWith, type Guarded } from './guarding.ts';

/* Pods. Nobody injects here: every Pod is stored as it is written, if it is. */
let on: Guarded;
const DRY = '--dry-run=server';

beforeAll(async () => {
  on = await openGuarded();
});

afterAll(async () => {
  await on.close();
});

const RECORD = JSON.stringify({ fluentPVC: 'logs', sidecar: 'shipper', volumes: [], envs: [] });

/** A Pod as the webhook leaves it, without what is `undefined` in `change`. */
function injected(
  change: { labels?: object; annotations?: object; spec?: object; namespace?: string } = {},
): object {
  return podWith(
    {
      namespace: change.namespace ?? on.api.namespace,
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
  return on.user(`create ${DRY} -f -`, pod);
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
    expect(await created(pod)).toContain('created');
  });

  test('that the operator makes, whatever it lacks', async () => {
    const pod = injected({ spec: { volumes: [] } });
    expect(await on.api.kubectl(`create ${DRY} -f -`, pod)).toContain('created');
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
  const kubectl = async (who: 'user' | 'operator', args: string): Promise<string> => {
    const run = who === 'user' ? on.user : on.api.kubectl;
    return run(`-n ${on.api.namespace} ${args}`);
  };
  const stored = (metadata: ObjectMeta): Promise<unknown> =>
    on.api.client.create(podWith({ namespace: on.api.namespace, ...metadata }));

  beforeAll(async () => {
    await stored({
      name: 'ours',
      labels: { [labels.fluentPVC]: 'logs', [labels.binding]: 'b', [labels.finalizerJobOf]: 'b' },
      annotations: { [annotations.injected]: RECORD },
    });
    await stored({ name: 'theirs' });
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
      `${verb} pod theirs ${key}=x`,
      `${verb} pod ours ${key}=x --overwrite`,
      `${verb} pod ours ${key}-`,
    ]) {
      await expect(kubectl('user', `${change} ${DRY}`)).rejects.toThrow(message);
      expect(await kubectl('operator', `${change} ${DRY}`)).toMatch(/labeled|annotat/);
    }
  });

  test('everything else is free', async () => {
    expect(await kubectl('user', `label pod ours example.com/x=y ${DRY}`)).toContain('labeled');
    expect(await kubectl('user', `annotate pod theirs example.com/x=y ${DRY}`)).toContain(
      'annotat',
    );
  });

  test('the status is reported by whoever may', async () => {
    const said = await kubectl(
      'user',
      `patch pod ours ${DRY} --subresource=status --type=merge -p {"status":{"phase":"Running"}}`,
    );
    expect(said).toContain('patched');
  });

  test('the deletion is free', async () => {
    expect(await kubectl('user', `delete pod ours ${DRY}`)).toContain('deleted');
  });
});
