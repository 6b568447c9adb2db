import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  admissionName,
  annotations,
  finalizers,
  labels,
  MAX_LABEL_LENGTH,
} from '../../../src/api/names.ts';

const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const named = (name: string): string => admissionName({ name, uid: 'u' }, 'request');

describe('the name of an admission', () => {
  const prefixes: Record<string, { name: string; prefix: string }> = {
    'starts with the name of the FluentPVC': { name: 'logs', prefix: 'logs-' },
    'keeps dots inside': { name: 'logs.v1', prefix: 'logs.v1-' },
    'cuts a long name': { name: 'a'.repeat(63), prefix: `${'a'.repeat(43)}-` },
    'drops a dash where it cuts': { name: `${'a'.repeat(42)}-b`, prefix: `${'a'.repeat(42)}-` },
    'drops dots and dashes where it cuts': {
      name: `${'a'.repeat(40)}--.bbb`,
      prefix: `${'a'.repeat(40)}-`,
    },
  };
  test.each(Object.entries(prefixes))('%s', (_, { name, prefix }) => {
    expect(named(name)).toMatch(
      new RegExp(`^${prefix.replaceAll('.', '\\.')}[0-9a-f]{8}-[0-9a-f]{10}$`),
    );
  });

  test('is a label value and an object name for every name a FluentPVC may have', () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/);
    fc.assert(
      fc.property(
        fc.array(label, { minLength: 1, maxLength: 6 }),
        fc.uuid(),
        fc.uuid(),
        (parts, uid, request) => {
          const name = admissionName({ name: parts.join('.').slice(0, 253), uid }, request);
          expect(name.length).toBeLessThanOrEqual(MAX_LABEL_LENGTH);
          expect(name).toMatch(LABEL_VALUE);
          expect(name).toMatch(OBJECT_NAME);
        },
      ),
    );
  });

  test('uses the whole length for a name that is cut', () => {
    expect(named('a'.repeat(200))).toHaveLength(MAX_LABEL_LENGTH);
  });

  test('is the same whenever it is computed', () => {
    expect(named('logs')).toBe(named('logs'));
  });

  const others: Record<string, [{ name: string; uid: string }, string]> = {
    'for another request': [{ name: 'logs', uid: 'u' }, 'other'],
    'for a FluentPVC that was made anew': [{ name: 'logs', uid: 'other' }, 'request'],
    'for another FluentPVC': [{ name: 'other', uid: 'u' }, 'request'],
  };
  test.each(Object.entries(others))('is another one %s', (_, [fluentPVC, request]) => {
    expect(admissionName(fluentPVC, request)).not.toBe(named('logs'));
  });
});

test("labels and finalizers of the original keep the original's names", () => {
  const group = 'fluent-pvc-operator.tech.zozo.com';
  expect(labels.fluentPVC).toBe(`${group}/fluent-pvc-name`);
  expect(finalizers).toMatchObject({
    fluentPVC: `${group}/fluentpvc-protection`,
    binding: `${group}/fluentpvcbinding-protection`,
    claim: `${group}/pvc-protection`,
  });
});

test('no label or annotation has two meanings', () => {
  const all = [...Object.values(labels), ...Object.values(annotations)];
  expect(new Set(all).size).toBe(all.length);
});
