import { describe, expect, test } from '@jest/globals';
import { OVERRIDES, type FluentPVCSpec, type Override } from '../../../src/api/fluentpvc.ts';
import { annotations } from '../../../src/api/names.ts';
import { askedStorageClass, override } from '../../../src/core/override.ts';
import { make } from '../../support/make.ts';

const { spec } = make.fluentPVC({
  spec: {
    pvcSpecTemplate: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi', other: '1' }, limits: { storage: '9Gi' } },
    },
  },
});
const asks = (values: Partial<Record<Override, string>>) => ({
  annotations: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [annotations.override(name as Override), value]),
  ),
});
const all: FluentPVCSpec = { ...spec, overrides: [...OVERRIDES] };
const changed = (values: Partial<Record<Override, string>>, from = all, classExists = true) =>
  override('logs', from, asks(values), classExists);

describe('a Pod gets', () => {
  test('nothing of its own where it asks for nothing', () => {
    expect(override('logs', all, {}, false)).toEqual({ spec: all, problems: [] });
  });
  test('a larger claim, whose other requests stay', () => {
    const { pvcSpecTemplate } = changed({ 'storage-size': '10Gi' }).spec;
    expect(pvcSpecTemplate).toEqual({
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '10Gi', other: '1' }, limits: { storage: '9Gi' } },
    });
  });
  test('a claim of another class', () => {
    const { pvcSpecTemplate } = changed({ 'storage-class-name': 'fast' }).spec;
    expect(pvcSpecTemplate).toEqual({ ...all.pvcSpecTemplate, storageClassName: 'fast' });
  });
  test('another image and other resources of the sidecar', () => {
    const resources = { requests: { cpu: '100m' }, limits: { memory: '64Mi', cpu: 1 } };
    const values = {
      'sidecar-image': 'example.com:5000/a/b:1.2',
      'sidecar-resources': JSON.stringify(resources),
    };
    expect(changed(values).spec.sidecarContainerTemplate).toEqual({
      ...all.sidecarContainerTemplate,
      image: 'example.com:5000/a/b:1.2',
      resources,
    });
  });
  test('other resources of the sidecar, whose claims stay', () => {
    const { resources: old, ...template } = {
      ...all.sidecarContainerTemplate,
      resources: { claims: [{ name: 'device' }], requests: { cpu: '9' }, limits: { cpu: '9' } },
    };
    const from = { ...all, sidecarContainerTemplate: { ...template, resources: old } };
    const values = { 'sidecar-resources': '{"limits":{"memory":"64Mi"}}' };
    expect(changed(values, from).spec.sidecarContainerTemplate).toEqual({
      ...template,
      resources: { claims: old.claims, limits: { memory: '64Mi' } },
    });
  });
  test('never another finalizer Job', () => {
    const values = { 'sidecar-image': 'x', 'storage-class-name': 'y', 'storage-size': '3' };
    const { pvcFinalizerJobSpecTemplate } = changed(values).spec;
    expect(pvcFinalizerJobSpecTemplate).toBe(all.pvcFinalizerJobSpecTemplate);
  });
  test('size and resources where the FluentPVC does not say what it may ask for', () => {
    const values = { 'storage-size': '2Gi', 'sidecar-resources': '{}' };
    expect(changed(values, spec).problems).toEqual([]);
  });
});

describe('refused, naming the annotation and what may be,', () => {
  const cases: Record<string, { asked: Partial<Record<Override, string>>; says: RegExp[] }> = {
    'is what is not among the overrides by default': {
      asked: { 'sidecar-image': 'x', 'storage-class-name': 'y' },
      says: [
        /\/storage-class-name is not .*\(storage-size, sidecar-resources\)/,
        /\/sidecar-image/,
      ],
    },
    'are requests above limits': {
      asked: {
        'sidecar-resources': '{"requests":{"cpu":"500m","memory":"1Ki"},"limits":{"cpu":"0.1"}}',
      },
      says: [
        /\/sidecar-resources must be JSON of .*, with no request above its limit \(cpu: 500m is requested, 0\.1 the limit\), not "\{"requests"/,
      ],
    },
    'is everything wrong at once': {
      asked: { 'storage-size': 'big', 'sidecar-resources': 'x' },
      says: [/\/storage-size must be a quantity .*10Gi, not "big"/, /\/sidecar-resources must be/],
    },
  };
  test.each(Object.entries(cases))('%s', (_, { asked, says }) => {
    const { problems } = changed(asked, spec);
    expect(problems).toEqual(says.map((one) => expect.stringMatching(one) as unknown));
  });
  test('is everything where none is allowed', () => {
    const { problems } = changed({ 'storage-size': '1Gi' }, { ...spec, overrides: [] });
    expect(problems).toEqual([expect.stringContaining('(none)')]);
  });
  test('is a class that does not exist', () => {
    expect(changed({ 'storage-class-name': 'slow' }, all, false).problems).toEqual([
      expect.stringContaining('must be the name of a StorageClass that exists, not "slow"'),
    ]);
  });
  test('is a long value, cut', () => {
    const [problem = ''] = changed({ 'storage-size': 'x'.repeat(10_000) }).problems;
    expect(problem.length).toBeLessThan(300);
    const limits = { ['x'.repeat(10_000)]: 1, cpu: '9'.repeat(10_000) };
    const resources = { limits, requests: { cpu: `1${'0'.repeat(10_000)}` } };
    const [other = ''] = changed({ 'sidecar-resources': JSON.stringify(resources) }).problems;
    expect(other.length).toBeLessThan(700);
  });
});

describe('the form', () => {
  const digest = `sha256:${'0f'.repeat(32)}`;
  const forms: Record<Override, { good: string[]; bad: string[] }> = {
    'storage-size': {
      good: ['1', '10Gi', '1.5Ti', '.5G', '1e9', '5E3', '128974848', '100M', '1000m', '1E'],
      bad: ['', '0', '0Gi', '-1Gi', '+1Gi', '1 Gi', '1GB', 'Gi', '1,5Gi', '1e', '0e5', '1Gi\n'],
    },
    'storage-class-name': { good: ['fast'], bad: [] },
    'sidecar-image': {
      good: [
        'busybox',
        'busybox:1.36',
        'library/busybox',
        'example.com/a/b',
        'localhost:5000/a:v1',
        '[::1]:5000/a',
        `example.com/a@${digest}`,
        `a:1@${digest}`,
        'a__b/c--d/e.f',
      ],
      bad: [
        '',
        ' busybox',
        'Busybox',
        'a:',
        'a@sha256:12',
        'http://a/b',
        'a//b',
        'a/',
        'a b',
        '-a',
      ],
    },
    'sidecar-resources': {
      good: ['{}', '{"requests":{"cpu":"1"}}', '{"limits":{"memory":"1Gi","cpu":2}}'],
      bad: [
        '',
        '[]',
        'null',
        '1',
        '{"request":{}}',
        '{"requests":{"cpu":"x"}}',
        '{"limits":[]}',
        '{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}',
        '{"requests":{"gpu":"1"}}',
      ],
    },
  };
  test.each(OVERRIDES)('of %s', (name) => {
    const isRight = (value: string): boolean =>
      changed({ [name]: value }, all).problems.length === 0;
    expect(forms[name].good.filter((value) => !isRight(value))).toEqual([]);
    expect(forms[name].bad.filter(isRight)).toEqual([]);
  });
  test('of an image takes no time to refuse', () => {
    const evil = `${'a-'.repeat(250)}!`;
    const startedAt = performance.now();
    expect(changed({ 'sidecar-image': evil }).problems).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

test('the storage class is asked for by name', () => {
  expect(askedStorageClass(asks({ 'storage-class-name': 'fast' }))).toBe('fast');
  expect(askedStorageClass({})).toBeUndefined();
});
