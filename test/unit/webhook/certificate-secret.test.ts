import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Secret } from '../../../src/api/secret.ts';
import type { CreateWrite, PatchWrite } from '../../../src/core/plan.ts';
import { heldIn, marksOf, secretWrite } from '../../../webhook/certificate-secret.ts';
import { Letters, OF, secretOf } from '../../support/certifying.ts';

const letters = new Letters();
beforeAll(() => letters.make('ABC', Date.now()));

/** Letters of both; `-` for what is not there. */
function held(secret: Secret | undefined): string {
  const { current, next } = heldIn(secret);
  return [current, next].map((pair) => (pair ? letters.name(pair.cert) : '-')).join('');
}
const dataOf = (name: string): Record<string, string> => letters.secret(name).data ?? {};

describe('there is in a Secret', () => {
  test.each<[string, () => Secret | undefined, string]>([
    ['that does not exist: nothing', () => undefined, '--'],
    ['as the chart makes it: nothing', () => secretOf({}), '--'],
    ['at rest: what is in use', () => letters.secret('A'), 'A-'],
    ['in a renewal: the next one, too', () => letters.secret('AB'), 'AB'],
    [
      'whose key is of another certificate: the rest',
      () => secretOf({ ...dataOf('AB'), 'tls.key': dataOf('C')['tls.key'] ?? '' }),
      '-B',
    ],
    [
      'whose CA has not signed the certificate: the rest',
      () => secretOf({ ...dataOf('AB'), 'next-ca.crt': dataOf('C')['ca.crt'] ?? '' }),
      'A-',
    ],
    ['without CA: the rest', () => secretOf({ ...dataOf('AB'), 'ca.crt': '' }), '-B'],
    [
      'with nonsense: the rest',
      () => secretOf({ ...dataOf('AB'), 'tls.crt': 'bm9uc2Vuc2U=', 'next-tls.key': '!' }),
      '--',
    ],
    [
      'of another version: what we know',
      () => secretOf({ ...dataOf('A'), 'ca.key': 'eA==' }),
      'A-',
    ],
  ])('%s', (_, secret, letter) => {
    expect(held(secret())).toBe(letter);
  });
});

describe('what is stored', () => {
  test('in no Secret makes it, with labels that say whose it is', () => {
    const write = secretWrite(OF, undefined, { current: letters.of('A'), next: letters.of('B') });
    const { object } = write as CreateWrite;
    expect(object).toMatchObject({
      kind: 'Secret',
      metadata: {
        namespace: OF.namespace,
        name: OF.name,
        labels: { 'app.kubernetes.io/instance': OF.instance },
      },
      type: 'Opaque',
    });
    expect(held(object as Secret)).toBe('AB');
  });
  const annotations = {
    'meta.helm.sh/release-name': 'fluent-pvc-operator',
    'meta.helm.sh/release-namespace': 'fluent-pvc-system',
  };
  const marks = { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations };
  const marked = (labels: object, more: object = {}): Secret => {
    const { metadata, ...secret } = letters.secret('A');
    const all = { labels: { ...labels }, annotations: { ...more } };
    return { ...secret, metadata: { ...metadata, ...all } };
  };
  test('in the place of one that somebody deleted it has the marks by which Helm knew that', () => {
    const write = secretWrite({ ...OF, marks }, undefined, { current: letters.of('A') });
    expect((write as CreateWrite).object.metadata).toMatchObject({
      labels: { ...marks.labels, 'app.kubernetes.io/instance': OF.instance },
      annotations,
    });
  });
  test('they are what stays as long as the release, or none', () => {
    const own = { ...marks.labels, 'helm.sh/chart': 'fluent-pvc-operator-0.1.0', team: 'logs' };
    expect(marksOf(marked(own, { ...annotations, note: 'x' }))).toEqual(marks);
    expect(marksOf(marked({ team: 'logs' }, annotations))).toBeUndefined();
    expect(marksOf(marked(own, { note: 'x' }))).toBeUndefined();
  });
  test('in one that is there replaces no other key, and only the version that was seen', () => {
    const write = secretWrite(OF, letters.secret('A', '42'), {
      current: letters.of('B'),
      next: letters.of('C'),
    });
    const { body, ref, type } = write as PatchWrite;
    expect({ ref, type }).toEqual({
      ref: { kind: 'Secret', namespace: OF.namespace, name: OF.name },
      type: 'merge',
    });
    expect(body).toEqual({
      metadata: { uid: `${OF.name}-uid`, resourceVersion: '42' },
      data: dataOf('BC'),
    });
  });
  test('without a next one takes the former next one away', () => {
    const write = secretWrite(OF, letters.secret('AB'), { current: letters.of('B') });
    expect((write as PatchWrite).body).toMatchObject({
      data: { ...dataOf('B'), 'next-tls.crt': null, 'next-tls.key': null, 'next-ca.crt': null },
    });
  });
});
