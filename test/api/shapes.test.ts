import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod } from '../../src/api/pod.ts';
import { parseResources } from '../../src/core/resource-requirements.ts';
import { selectorProblems } from '../../src/core/selector-problems.ts';
import { eventually } from '../support/eventually.ts';
import { container, fluentPVC, labelledPod } from '../support/manifests.ts';
import { shared } from '../support/shared.ts';
import { openApiWithOperator, type Api } from './harness.ts';

let api: Api;

shared(async (parts) => {
  api = await openApiWithOperator(parts);
  await api.client.create(
    fluentPVC('plain', { commonEnvs: [{ name: 'DIR', value: '/mnt/buffer' }] }),
  );
  await eventually('it to be known', () =>
    api.client.create(labelledPod(api, 'plain'), { dryRun: true }),
  );
});

/** What the API server says of it, nothing where it takes it. */
function refused(object: KubeObject): Promise<string> {
  return api.client.create(object, { dryRun: true }).then(() => '', String);
}
function unlabelled(spec: Partial<Pod['spec']>): Pod {
  const { metadata, ...pod } = labelledPod(api, 'plain', spec);
  const { labels: _, ...rest } = metadata;
  return { ...pod, metadata: rest };
}

describe('a labelled Pod', () => {
  test('without containers is told so', async () => {
    const pod = labelledPod(api, 'plain', { containers: [] });
    expect(await refused(pod)).toContain('denied the request: the Pod has no containers');
  });

  test('keeps an env that stands twice, and gets ours once', async () => {
    const own = [
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A)' },
      { name: 'A', value: '2' },
    ];
    const doubled = [{ name: 'DIR', value: '/1' }, ...own, { name: 'DIR', value: '/2' }];
    const containers = [{ ...container('app'), env: doubled }];
    const pod = await api.client.create(labelledPod(api, 'plain', { containers }));
    expect(pod.spec.containers[0]?.env).toEqual([{ name: 'DIR', value: '/mnt/buffer' }, ...own]);
  });

  test('that shows a static one is denied: the API server would have stored it', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'abc' };
    const spec = { nodeName: 'node-1', automountServiceAccountToken: false };
    const mirror = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, annotations } });
    expect(await refused(mirror(unlabelled(spec)))).toBe('');
    expect(await refused(mirror(labelledPod(api, 'plain', spec)))).toMatch(/mirrors a static one/);
  });
});

test('a mount path with a colon is taken by the API server: it is for us to say so', async () => {
  const volumeMounts = [{ name: 'a', mountPath: 'C:/logs' }];
  const containers = [{ ...container('app'), volumeMounts }];
  expect(await refused(unlabelled({ containers, volumes: [{ name: 'a' }] }))).toBe('');
});

describe('the API server says the same of resources:', () => {
  const cases: Record<string, { requests?: object; limits?: object }> = {
    'the same in other words': {
      requests: { cpu: '500m', memory: '1Ki' },
      limits: { cpu: 0.5, memory: 1024 },
    },
    'a request above': { requests: { cpu: '500m' }, limits: { cpu: '0.1' } },
    'above by suffix': { requests: { memory: '1Gi' }, limits: { memory: '1G' } },
    'above by one of 2^53': {
      requests: { memory: '9007199254740993' },
      limits: { memory: '9007199254740992' },
    },
    'below a nano': { requests: { cpu: '0.2n' }, limits: { cpu: '0.1n' } },
    'beyond an int64': { requests: { memory: '1e31' }, limits: { memory: '1e30' } },
    'beyond it in powers of 1024, where it is all the same': {
      requests: { memory: '17Ei' },
      limits: { memory: '16Ei' },
    },
    'with an exponent that nobody means': {
      requests: { memory: '1e1000000' },
      limits: { memory: '1e100' },
    },
    'rounded up to a nano': { requests: { cpu: '1.0000000002' }, limits: { cpu: '1.0000000001' } },
    'part of a device': { limits: { 'example.com/gpu': '0.5' } },
    'a device': { requests: { 'example.com/gpu': 1 }, limits: { 'example.com/gpu': 1 } },
    'a device with a limit only': { limits: { 'example.com/gpu': 1 } },
    'a device without a limit': { requests: { 'example.com/gpu': 1 } },
    'a device with another limit': {
      requests: { 'example.com/gpu': 1 },
      limits: { 'example.com/gpu': 2 },
    },
    'huge pages with another limit': {
      requests: { 'hugepages-2Mi': '2Mi', cpu: 1 },
      limits: { 'hugepages-2Mi': '4Mi', cpu: 1 },
    },
    'no resource of a container': { requests: { storage: 1 } },
    'no name at all': { limits: { 'a b/c': 1 } },
  };
  test.each(Object.entries(cases))('%s', async (_, resources) => {
    const parsed = parseResources(JSON.stringify(resources));
    const pod = unlabelled({ containers: [{ ...container('app'), resources } as never] });
    const answer = await refused(pod);
    expect([parsed === undefined || 'problem' in parsed, answer]).toEqual([
      answer !== '',
      answer === '' ? '' : (expect.stringContaining('resources') as unknown),
    ]);
  });
});

describe('the API server says the same of selectors:', () => {
  const one = (key: string, operator: string, values?: string[]): object => ({
    matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
  });
  const cases: Record<string, object> = {
    'a right one': {
      matchLabels: { 'example.com/team': 'red', empty: '' },
      ...one('a.b_c-D', 'In', ['x', '']),
    },
    'In without values': one('team', 'In'),
    'NotIn without values': one('team', 'NotIn', []),
    'Exists with values': one('team', 'Exists', ['x']),
    'DoesNotExist with an empty list': one('team', 'DoesNotExist', []),
    'a key with a space': one('my team', 'Exists'),
    'a key with two slashes': one('a/b/c', 'Exists'),
    'a domain in capitals': one('Example.com/team', 'Exists'),
    'a key that is long': one('a'.repeat(64), 'Exists'),
    'a value that ends in a dash': one('team', 'In', ['red-']),
    'a label with a wrong key': { matchLabels: { '/team': 'red' } },
    'a label with a wrong value': { matchLabels: { team: 'not red' } },
  };
  test.each(Object.entries(cases))('%s', async (_, selector) => {
    const answer = await api.http
      .ask({
        method: 'POST',
        path: `/apis/policy/v1/namespaces/${api.namespace}/poddisruptionbudgets`,
        query: { dryRun: 'All' },
        body: {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'tried' },
          spec: { selector, minAvailable: 1 },
        },
      })
      .then(() => '', String);
    const problems = selectorProblems('spec.selector', selector);
    expect([problems.length > 0, answer]).toEqual([
      answer !== '',
      answer === '' ? '' : (expect.stringContaining('is invalid: spec.selector') as unknown),
    ]);
  });
});
